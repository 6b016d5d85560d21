import { type Node, type Place, sizeOf, type Step, type Tensor } from '@gradloom/core'
import { type StepContext, topological, parameter } from '@gradloom/core/extend'
import type { LoopAttrs } from './loop.ts'

/** The steps of a loop: carries to their first slots, the scan, carries from their last slots. */
export function loopSteps(
  { attrs, inputs, outputs, origin: { scope } }: Node<LoopAttrs>,
  { bufferOf, isRead, scratch, copy, compile }: StepContext,
): Step[] {
  const { parameters, results, saved, carries, starts, length, reverse } = attrs
  const wanted = saved.flatMap((_, k) => (isRead(outputs[2 * carries + k]) ? [k] : []))
  const live = liveCarries(
    attrs,
    wanted.map((k) => saved[k]),
    (k) => isRead(outputs[k]) || isRead(outputs[carries + k]),
  )
  // Without a reader of all slots, two take turns.
  const rings = live.map((k) => {
    const all = outputs[carries + k]
    const count = isRead(all) ? length + 1 : 2
    const size = sizeOf(inputs[k].shape)
    return { k, size, count, buffer: isRead(all) ? bufferOf(all) : scratch(all.dtype, 2 * size) }
  })
  const first = Number(reverse)
  const places = new Map<Tensor, Place>()
  const target = (t: Tensor, place: Place): readonly [Tensor, Tensor] => {
    const slot = parameter(t)
    places.set(slot, place)
    return [slot, t]
  }
  inputs.forEach((t, i) => {
    const isRow = i >= carries && i < carries + starts.length
    if (i >= carries)
      places.set(parameters[i], {
        buffer: bufferOf(t),
        first: isRow ? starts[i - carries] : 0,
        count: isRow ? t.shape[0] : 1,
      })
  })
  for (const { k, buffer, count } of rings) places.set(parameters[k], { buffer, first, count })
  const { plan, sources } = compile([
    ...rings.map(({ k, buffer, count }) => target(results[k], { buffer, first: 1 - first, count })),
    ...wanted.map((k) => target(saved[k], { buffer: bufferOf(outputs[2 * carries + k]), first: 0, count: length })),
  ])
  const [from, to] = reverse ? [length, 0] : [0, length]
  return [
    ...rings.map(({ k, buffer, size, count }) =>
      copy(inputs[k], bufferOf(inputs[k]), buffer, 0, (from % count) * size),
    ),
    {
      type: 'scan',
      label: 'scan',
      scope,
      length,
      reverse,
      plan,
      places: sources.map((t) => places.get(t)!),
      arena: scratch('float32', plan.arenaBytes / 4),
    },
    ...rings.flatMap(({ k, buffer, size, count }) =>
      isRead(outputs[k]) ? [copy(inputs[k], buffer, bufferOf(outputs[k]), (to % count) * size, 0)] : [],
    ),
  ]
}

/** Carries that are read, or that something wanted depends on, in whatever iteration. */
function liveCarries(
  { parameters, results }: LoopAttrs,
  wanted: readonly Tensor[],
  isRead: (k: number) => boolean,
): number[] {
  const all = results.map((_, k) => k)
  let live = all.filter(isRead)
  for (;;) {
    const needed = new Set(topological([...wanted, ...live.map((k) => results[k])]))
    const more = all.filter((k) => live.includes(k) || needed.has(parameters[k].node))
    if (more.length === live.length) return live
    live = more
  }
}
