import { computed, useComputed } from '@preact/signals'
import { colour } from '../../shell/scheme.ts'
import { Canvas } from '../../ui/Canvas.tsx'
import { fill, sequential } from '../../ui/ramp.ts'
import type { Attention as Maps } from '../../write/messages.ts'
import * as store from './store.ts'

const shownLetter = (letter: string): string => (letter === ' ' ? '␣' : letter === '\n' ? '⏎' : letter)
const MOST_ROWS = 12
const version = computed(() => [store.attention.value, store.row.value, store.chosen.value])

function mapOf({ letters, heads, weights }: Maps, block: number, head: number): Float32Array {
  const cells = letters.length ** 2
  const from = (block * heads + head) * cells
  return weights.subarray(from, from + cells)
}

/** Whom each character of a sentence looks at, by layer and head. */
export function Attention() {
  const maps = useComputed(() => store.attention.value).value
  const { block, head } = store.chosen.value
  return (
    <section class="card stack third" aria-label="Attention">
      <div class="row spread">
        <h2>
          Attention, layer {block + 1} head {head + 1}
        </h2>
        <small>a row looks at its columns: from nothing to all</small>
      </div>
      <label class="field">
        <span>Sentence</span>
        <input
          value={store.settings.value.sentence}
          maxLength={128}
          onInput={(event) => store.change({ sentence: event.currentTarget.value })}
        />
      </label>
      {maps ? <Map maps={maps} /> : <div class="picture" aria-label="Attention, being prepared" />}
    </section>
  )
}

function Map({ maps }: { readonly maps: Maps }) {
  const { block, head } = store.chosen.value
  const size = maps.letters.length
  const { value: row } = store.row
  const at = row ?? size - 1
  const weights = mapOf(maps, block, head).subarray(at * size, (at + 1) * size)
  const ranked = Array.from(weights, (weight, i) => ({ weight, i }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST_ROWS)
    .filter(({ weight }) => weight > 0.001)
  return (
    <>
      <div class="row tight maps" role="group" aria-label="Layers and heads">
        {Array.from({ length: maps.blocks * maps.heads }, (_, i) => {
          const [l, h] = [Math.floor(i / maps.heads), i % maps.heads]
          return (
            <button
              key={i}
              aria-pressed={l === block && h === head}
              aria-label={`Layer ${l + 1} head ${h + 1}`}
              onClick={() => (store.chosen.value = { block: l, head: h })}
            >
              <Canvas
                width={size}
                height={size}
                label={`Layer ${l + 1} head ${h + 1}`}
                version={version}
                paint={(context) => paint(context, l, h)}
              />
            </button>
          )
        })}
      </div>
      <div class="picture map">
        <Canvas
          width={size}
          height={size}
          label={`Attention of ${size} characters`}
          version={version}
          paint={(context) => paint(context, block, head)}
          key={`${size} ${block} ${head}`}
        />
      </div>
      <div class="letters" role="group" aria-label="Characters: choose a row">
        {Array.from(maps.letters, (letter, i) => (
          <button
            key={i}
            class="num"
            aria-pressed={i === at}
            aria-label={`Character ${i + 1}, ${letter === ' ' ? 'space' : letter}`}
            style={{
              background: `color-mix(in srgb, var(--accent) ${Math.round((weights[i] ?? 0) * 60)}%, var(--panel))`,
            }}
            onClick={() => (store.row.value = i)}
          >
            {shownLetter(letter)}
          </button>
        ))}
      </div>
      <table aria-label={`What character ${at + 1} looks at`}>
        <thead>
          <tr>
            <th scope="col">
              ‘{shownLetter(maps.letters[at] ?? ' ')}’ at {at + 1} looks at
            </th>
            <th scope="col">place</th>
            <th scope="col">share</th>
          </tr>
        </thead>
        <tbody>
          {ranked.map(({ weight, i }) => (
            <tr key={i}>
              <td class="num">{shownLetter(maps.letters[i])}</td>
              <td class="num">{i + 1}</td>
              <td class="num">{weight.toFixed(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function paint(context: CanvasRenderingContext2D, block: number, head: number): void {
  const { value: maps } = store.attention
  if (!maps || maps.letters.length !== context.canvas.width || block >= maps.blocks || head >= maps.heads) return
  const size = maps.letters.length
  const image = context.createImageData(size, size)
  fill(image, mapOf(maps, block, head), sequential(), [0, 1])
  context.putImageData(image, 0, 0)
  const { value: row } = store.row
  if (row === null) return
  context.fillStyle = colour('accent')
  context.fillRect(0, row, 0.5, 1)
}
