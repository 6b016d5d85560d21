import type { Policy } from '@gradloom/core'
import { checkCount } from '../check.ts'
import { layersOf } from './chain.ts'
import { ofLayers, type LayerPlan } from './layers.ts'
import { planning } from './planned.ts'

/**
 * Keeps what `slots` layers end in at any time, beside the input of the first, and computes the rest again, some of it
 * several times: for a chain of equal layers, with the fewest computations that so few slots allow (Griewank and
 * Walther 2000, Algorithm 799: revolve, https://doi.org/10.1145/347837.347846).
 * @throws SettingError for what is no whole number from 0 on
 * @example env.compile(body, { rematerialise: revolve(4) })
 */
export function revolve(slots: number): Policy {
  checkCount('revolve', 'slots', slots, 0)
  return planning(`revolve ${slots}`, ({ values }) => {
    const layers = layersOf(values)
    const plans = revolvePlan(layers.length, slots)
    return ofLayers(layers, (i) => plans[i])
  })
}

/** How often each layer of a chain is computed again. */
export function revolvePlan(length: number, slots: number): LayerPlan[] {
  const plans: LayerPlan[] = Array.from({ length }, () => ({ inside: 0, end: 0 }))
  // Stretches from a kept value on that have been computed `times` times, and are to be reversed.
  const stack = [{ first: 0, stop: length, free: slots, times: 0 }]
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { stop, times } = top
    let { first, free } = top
    while (stop - first > 1) {
      const middle = first + advance(stop - first, free)
      // The end of the layer before `middle` is kept for what comes after; what is before is computed once more.
      plans[middle - 1] = { ...plans[middle - 1], end: times }
      stack.push({ first, stop: middle, free, times: times + 1 })
      first = middle
      free = Math.max(0, free - 1)
    }
    if (stop > first) plans[first] = { ...plans[first], inside: times }
  }
  return plans
}

/** Most layers that can be reversed with `slots` slots where each is computed `times` times again at most. */
function reach(slots: number, times: number): number {
  if (times < 0 || slots < 0) return 0
  let value = 1
  for (let i = 1; i <= slots; i++) value = (value * (times + i)) / i
  return Math.round(value)
}

/** How far to compute before the next value is kept. */
function advance(length: number, slots: number): number {
  if (slots === 0) return length - 1
  let times = 0
  while (reach(slots + 1, times) < length) times++
  // What comes before is computed once more, so that it has one time less left; what comes after has one slot less.
  const least = Math.max(1, length - reach(slots, times), reach(slots + 1, times - 2))
  return Math.min(least, length - 1)
}
