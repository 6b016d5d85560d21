import type { Policy, Recomputations, Residual, Stage } from '../graph/policy.ts'
import type { Tensor } from '../graph/tensor.ts'

/** A plan, and the bytes of its arena. */
export interface Stretched {
  readonly depths: Recomputations
  readonly peak: number
}

/** Numbers of stretches that are tried. */
const COUNTS = [2, 4, 8, 16, 32]

/** A program's forward pass computed again in stretches, or all of it but what heavy kernels gave that is read: the
 * first plan that takes `bytes` at most, else the one that takes least. It needs no chain of layers, and is the same
 * wherever it is asked for: what it reaches is reached again. */
export function inStretches({ values, peakOf }: Stage, bytes: number): Stretched {
  let best: Stretched = { depths: new Map(), peak: Infinity }
  for (const plan of [...COUNTS.map((count) => () => stretched(values, count)), () => keepingHeavy(values)]) {
    const depths = plan()
    const peak = peakOf(depths)
    if (peak < best.peak) best = { depths, peak }
    if (peak <= bytes) break
  }
  return best
}

/** That plan as a policy. */
export const stretches = (bytes: number): Policy =>
  Object.assign((): 'preferSave' => 'preferSave', {
    plan: (stage: Stage): Recomputations => inStretches(stage, bytes).depths,
  })

/** Whether a value takes a kernel that is worth more than a pass over memory: products, convolutions, attention. */
export function isHeavy({ tensor: { node } }: Residual): boolean {
  const { kind } = node.op.form
  return kind === 'contract' || kind === 'kernel'
}

/** Computes again what is read, but for results of heavy kernels. */
const keepingHeavy = (values: readonly Residual[]): Recomputations =>
  new Map(values.flatMap((v) => (v.isRead && !isHeavy(v) ? [[v.tensor, 1] as const] : [])))

/** The position of the last value that is computed of each, its own where there is none. What leads to no value that
 * the backward pass reads does not count: running statistics, means that are results. */
export function lastUsesOf(values: readonly Residual[]): number[] {
  const positions = new Map(values.map((v, i) => [v.tensor, i]))
  const lastUse = values.map((_, i) => i)
  const matters = values.map((v) => v.isRead)
  for (let i = values.length - 1; i >= 0; i--) {
    if (!matters[i]) continue
    for (const t of values[i].sources) {
      const at = positions.get(t)
      if (at === undefined) continue
      matters[at] = true
      lastUse[at] = Math.max(lastUse[at], i)
    }
  }
  return lastUse
}

/** Keeps what crosses from one stretch to later ones, and computes the rest of all but the last again. */
function stretched(values: readonly Residual[], count: number): Recomputations {
  const lastUse = lastUsesOf(values)
  const cuts = cutsOf(values, lastUse, count)
  const last = Math.max(-1, ...cuts)
  const depths = new Map<Tensor, number>()
  values.forEach(({ tensor, isRead }, i) => {
    const isKept = i > last || cuts.some((cut) => i <= cut && cut < lastUse[i])
    if (isRead || isKept) depths.set(tensor, isKept ? 0 : 1)
  })
  return depths
}

/** The last value of every stretch but one: of the places near equal shares of what the backward pass reads, those
 * that the fewest bytes cross. */
function cutsOf(values: readonly Residual[], lastUse: readonly number[], count: number): number[] {
  const total = values.reduce((sum, v) => sum + (v.isRead ? v.byteLength : 0), 0)
  const ended = new Float64Array(values.length)
  values.forEach(({ byteLength }, i) => {
    ended[lastUse[i]] += byteLength
  })
  const cuts = new Map<number, { at: number; crossing: number }>()
  let crossing = 0
  let before = 0
  values.forEach(({ byteLength, isRead }, at) => {
    crossing += byteLength - ended[at]
    if (isRead) before += byteLength
    const share = Math.round((before / total) * count)
    if (share > 0 && share < count && crossing < (cuts.get(share)?.crossing ?? Infinity))
      cuts.set(share, { at, crossing })
  })
  return [...cuts.values()].map((cut) => cut.at)
}
