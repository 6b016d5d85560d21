/* oxlint-disable vitest/valid-expect -- vitest takes a message */
/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import { cpu } from '@gradloom/backend-cpu'
import { checkpoint } from '@gradloom/checkpoint'
import {
  add,
  argMax,
  cast,
  createRuntime,
  grad,
  hostArray,
  mul,
  sizeOf,
  sum,
  tanh,
  toHostArray,
  type Tensor,
} from '@gradloom/core'
import { scan, sin } from '@gradloom/ops'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { build, choicesOf } from './program.ts'
import { seed, settings, timeoutMs } from './settings.ts'

const runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
afterAll(() => runtime.close())

const size = fc.constantFrom(1, 2, 3, 5, 17, 33)
const shape = fc.array(size, { minLength: 1, maxLength: 2, size: 'max' })
const program = fc.record({
  shapes: fc.tuple(shape, shape, shape),
  length: fc.constantFrom(1, 2, 3),
  reverse: fc.boolean(),
  numbers: fc.array(fc.nat(999_999), { minLength: 20, maxLength: 60, size: 'max' }),
  marks: fc.array(fc.nat(999), { minLength: 6, maxLength: 18, size: 'max' }),
  steps: fc.integer({ min: 2, max: 8 }),
  /** Also in another dtype: lanes of sums are those of what is summed, whatever is computed beside. */
  isMixed: fc.boolean(),
  isLoop: fc.boolean(),
})
type Program = typeof program extends fc.Arbitrary<infer T> ? T : never
type Body = (
  carry: Tensor,
  x: Tensor,
  w: Tensor,
) => { readonly next: Tensor; readonly y: Tensor; readonly text: string }

/** A random program in parts, of which some are segments, within others, and some values are marked. */
function bodyOf({ numbers, steps, marks, isMixed }: Program, isMarked: boolean): Body {
  const chosen = choicesOf(marks)
  const mark = (t: Tensor): Tensor => (isMarked && chosen.next(3) === 0 ? checkpoint(t) : t)
  const segment = <F extends (...args: readonly Tensor[]) => readonly Tensor[]>(fn: F): F =>
    isMarked && chosen.next(2) ? (checkpoint(fn) as F) : fn
  return (carry, x, w) => {
    let text = ''
    const inner = segment((...args) => {
      const built = build(args, numbers, steps, 120)
      ;({ text } = built)
      return built.results
    })
    const outer = segment((c, row, shared) => {
      const results = inner(sin(mark(c)), row, mul(shared, shared)).map(mark)
      const second = build([...results.slice(0, 2), c], numbers.slice(7), steps, 120).results
      if (!isMixed) return [results[0], add(second[2], results[2])]
      const wide = sum(cast(mul(second[0], second[0]), 'float64'))
      const place = cast(sum(argMax(results[0])), 'float32')
      return [results[0], add(add(second[2], mul(place, 0.01)), cast(tanh(wide), 'float32'))]
    })
    const [y, total] = outer(carry, x, w)
    return { y, text, next: tanh(add(mul(carry, 0.7), mul(tanh(total), 0.5))) }
  }
}

/** Bits of a program and of its first and second derivatives. */
async function bitsOf(p: Program, isMarked: boolean): Promise<[bits: unknown, text: string]> {
  const env = runtime.variables()
  const { length, reverse } = p
  const shapes = [p.shapes[0], p.isLoop ? [length, ...p.shapes[1]] : p.shapes[1], p.shapes[2]]
  const body = bodyOf(p, isMarked)
  let text = ''
  const step = env.compile((ctx) => {
    const inputs = shapes.map((s, i) => ctx.placeholder(`x${i}`, s))
    const once = (c: Tensor, x: Tensor): [Tensor, Tensor] => {
      const { next, y, text: own } = body(c, x, inputs[2])
      text = own
      return [next, y]
    }
    const [last, ys] = p.isLoop ? scan(once, inputs[0], inputs[1], { reverse }) : once(inputs[0], inputs[1])
    const total = add(sum(sin(last)), sum(mul(ys, ys)))
    const first = grad([total], inputs, { allowUnused: true })
    const second = grad([first.map((g) => sum(mul(g, sin(g)))).reduce(add)], inputs, { allowUnused: true })
    return Object.fromEntries([last, ys, ...first, ...second].map((t, i) => [`r${i}`, t]))
  })
  const feeds = shapes.map((s, k) => {
    const data = Array.from({ length: sizeOf(s) }, (_, i) => Math.fround(1.4 * Math.sin(1.7 * i + k + 0.3)))
    return [`x${k}`, hostArray(toHostArray(data, 'float32').data, s, 'float32')]
  })
  try {
    const got = Object.values(await step(Object.fromEntries(feeds)))
    return [got.map((h) => [...new Uint32Array(h.data.buffer, h.data.byteOffset, h.data.length)]), text]
  } finally {
    env.dispose()
  }
}

describe(`random programs in segments (seed ${seed})`, () => {
  it(
    'have the bits of plain ones to second order, within loops and without',
    () =>
      fc.assert(
        fc.asyncProperty(program, async (p) => {
          const [want, text] = await bitsOf(p, false)
          const [got] = await bitsOf(p, true)
          expect(got, text).toEqual(want)
        }),
        settings(0.04),
      ),
    timeoutMs,
  )
})
