import { type Policy, type Recomputations, type Residual, SettingError, type Stage } from '@gradloom/core'
import { inStretches } from '@gradloom/core/extend'
import { checkBytes } from '../check.ts'
import { joinedLayers, layersOf, type Layer } from './chain.ts'
import { costOf, recomputedBy } from './cost.ts'
import { cheapestOfFew, isFew } from './few.ts'
import { inRoots, ofLayers } from './layers.ts'
import { planning } from './planned.ts'
import { revolvePlan } from './revolve.ts'
import { sparingHeavy } from './saveContractions.ts'
import { cheapestChain, waysOf } from './stretch.ts'

/** Plans of the chain that are made at most, to find by how much they differ from what was reckoned. */
const MOST_TRIES = 8
/** Plans that are made at most once one fits, times values. */
const MOST_PLANNED = 6000
/** Plans of the program that are made at most to keep single values again, times values. */
const MOST_VALUES = 4000
/** Layers that are chosen of: of longer chains, neighbours are taken together. */
const MOST_LAYERS = 160

/**
 * The least recomputation with which the plan's arena takes so many bytes at most. Plans are made, and measured as the
 * backend will allocate them: fusion, temporaries and gradients included. Programs of few values get the optimum,
 * larger ones the cheapest of what was found: stretches between values through which everything passes, each kept,
 * kept but for what is cheap, or computed again, by dynamic programming over the bytes held before each; then single
 * values are kept again where they fit. Where that is not enough, plans of other policies are tried, last those
 * that compute values several times, as `revolve` does.
 * @throws SettingError for a number of bytes below 0 or NaN, and, when a program is compiled, where no plan that was
 * found is so small: it names the smallest
 * @example env.compile(body, { rematerialise: budget(64e6) })
 */
export function budget(bytes: number): Policy {
  checkBytes('budget', 'bytes', bytes)
  return planning(`budget ${bytes}`, (stage) => leastFor(bytes, stage))
}

function leastFor(bytes: number, stage: Stage): Recomputations {
  const nothing: Recomputations = new Map()
  const plain = stage.peakOf(nothing)
  if (plain <= bytes) return nothing
  const { values } = stage
  const few = isFew(values) ? cheapestOfFew(stage, bytes) : null
  if (few) return few
  const layers = layersOf(values)
  const chain = cheapestThatFits(joinedLayers(layers, MOST_LAYERS), plain, stage, bytes)
  if (chain) return keepMore(chain, stage, bytes)
  // What is said where memory runs out comes from these.
  const { depths, peak } = inStretches(stage, bytes)
  if (peak <= bytes) return keepMore(depths, stage, bytes)
  return keepMore(otherwise(layers, Math.min(plain, peak), stage, bytes), stage, bytes)
}

/** The cheapest choice for layers whose plan fits. What plans take beside what layers hold is learnt from plans. */
function cheapestThatFits(
  layers: readonly Layer[],
  plain: number,
  { values, peakOf }: Stage,
  bytes: number,
): Recomputations | null {
  const ways = layers.map(waysOf)
  let found: Recomputations | null = null
  // Layers may hold `fits` bytes; with `misses` the plan was too large.
  let fits = 0
  let misses = plain
  let held = bytes - (plain - layers.reduce((sum, l) => sum + l.byteLength, 0))
  for (let i = 0; i < MOST_TRIES && !(found && (i + 1) * values.length > MOST_PLANNED); i++) {
    const plan = cheapestChain(layers, ways, held)
    const over = plan ? peakOf(plan) - bytes : -Infinity
    if (plan && over <= 0) {
      if (!found || costOf(values, plan) < costOf(values, found)) found = plan
      fits = held
    } else if (plan) misses = held
    else fits = held
    // A miss asks for as much more room, until something fits; then what lies between is tried.
    held = plan && !found ? Math.max((fits + held) / 2, held - over) : (fits + misses) / 2
  }
  return found
}

/** The plan with values kept again, those that cost most first, as long as it fits. */
function keepMore(plan: Recomputations, { values, peakOf }: Stage, bytes: number): Recomputations {
  const again = recomputedBy(values, plan).filter((v) => v.isRead)
  let kept = plan
  for (const { tensor } of again.toSorted((a, b) => b.cost - a.cost).slice(0, MOST_VALUES / values.length)) {
    const more = new Map(kept).set(tensor, 0)
    if (peakOf(more) <= bytes) kept = more
  }
  return kept
}

/** The first that fits of the plans of `saveContractions` and `sqrt`, and of those that compute as little as possible
 * several times. @throws SettingError where there is none */
function otherwise(layers: readonly Layer[], found: number, { values, peakOf }: Stage, bytes: number): Recomputations {
  let smallest = found
  for (const plan of plansOf(layers, values)) {
    const peak = peakOf(plan)
    if (peak <= bytes) return plan
    smallest = Math.min(smallest, peak)
  }
  throw new SettingError(
    `budget: ${bytes} bytes required, the smallest plan found takes ${smallest}; give at least that`,
  )
}

/** These do not depend on the bytes that are asked for: the smallest that is named is found when it is asked for. */
function* plansOf(layers: readonly Layer[], values: readonly Residual[]): Generator<Recomputations> {
  yield sparingHeavy(values)
  yield inRoots(layers)
  // Above this many, nothing is computed more than twice.
  const most = Math.ceil(Math.sqrt(2 * layers.length))
  const step = Math.ceil(most / MOST_TRIES)
  for (let slots = most; slots >= 0; slots -= step) {
    const plans = revolvePlan(layers.length, slots)
    yield ofLayers(layers, (i) => plans[i])
  }
  yield new Map(values.flatMap((v) => (v.isRead ? [[v.tensor, 1] as const] : [])))
}
