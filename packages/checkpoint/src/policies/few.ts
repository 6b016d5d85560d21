import type { Recomputations, Residual, Stage } from '@gradloom/core'
import { isHeavy } from '@gradloom/core/extend'

/** Most values of which all sets are reckoned. */
const FEW = 16
/** Plans of the program that are made at most, times values: a second, or less. */
const MOST_VALUES = 16_000
/** What takes so much more than another does as well. */
const CLOSE = 1.1

/** Values to choose of: all where they are few; else what is read, and results of heavy kernels. */
const choicesOf = (values: readonly Residual[]): readonly Residual[] =>
  values.length <= FEW ? values : values.filter((v) => v.isRead || isHeavy(v))

export const isFew = (values: readonly Residual[]): boolean => choicesOf(values).length <= FEW

/** What keeping some of the choices and computing the others again where they are needed comes to. */
interface Reckoned {
  /** The choices that are computed again, as bits. */
  readonly again: number
  readonly cost: number
  /** Bytes that are kept. */
  readonly kept: number
}

/** A set of values to keep whose plan fits, of which none that was tried takes a tenth less. Sets are tried from the
 * cheapest on, and in turns with these what plans so far let expect to fit, by the least that one took beside what it
 * keeps, or else keeps least. Null where none fits. */
export function cheapestOfFew({ values, peakOf }: Stage, bytes: number): Recomputations | null {
  const choices = choicesOf(values)
  const planOf = ({ again }: Reckoned): Recomputations => new Map(choices.map((v, i) => [v.tensor, (again >> i) & 1]))
  let left = reckon(values, choices).sort((a, b) => a.cost - b.cost || a.kept - b.kept)
  let best: Reckoned | null = null
  let beside = Infinity
  for (let tries = Math.floor(MOST_VALUES / values.length); tries > 0 && left.length; tries--) {
    const isLikely = ({ kept }: Reckoned): boolean => kept + beside <= bytes
    const leastKept = (): Reckoned => left.reduce((a, b) => (b.kept < a.kept ? b : a))
    const set = tries % 2 ? left[0] : (left.find(isLikely) ?? leastKept())
    const peak = peakOf(planOf(set))
    beside = Math.min(beside, peak - set.kept)
    const isFit = peak <= bytes
    if (isFit) best = set
    left = left.filter((x) => x !== set && !(isFit && x.cost * CLOSE >= set.cost))
  }
  return best && planOf(best)
}

/** All sets of choices, each by what it computes again: once of those that come to the same. */
function reckon(values: readonly Residual[], choices: readonly Residual[]): Reckoned[] {
  const positions = new Map(values.map((v, i) => [v.tensor, i]))
  const sources = values.map((v) => v.sources.flatMap((t) => positions.get(t) ?? []))
  const bits = values.map((v) => choices.indexOf(v))
  const seen = new Uint8Array(2 ** choices.length)
  const sets: Reckoned[] = []
  const needed = new Uint8Array(values.length)
  for (let mask = 0; mask < seen.length; mask++) {
    needed.fill(0)
    let again = 0
    let cost = 0
    let kept = 0
    for (let i = values.length - 1; i >= 0; i--) {
      const { isRead, byteLength, cost: own } = values[i]
      if (!isRead && !needed[i]) continue
      const bit = bits[i]
      if (bit >= 0 && !((mask >> bit) & 1)) {
        kept += byteLength
        continue
      }
      if (bit >= 0) again |= 1 << bit
      cost += own
      for (const source of sources[i]) needed[source] = 1
    }
    if (seen[again]) continue
    seen[again] = 1
    sets.push({ again, cost, kept })
  }
  return sets
}
