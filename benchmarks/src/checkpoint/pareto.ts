import { budget } from '@gradloom/checkpoint'
import type { Policy, Recomputations, Residual, Tensor } from '@gradloom/core'
import { recomputedOps } from './compare.ts'
import type { DeepModel } from './models.ts'
import { createTrainer } from './trainer.ts'

/** A plan for a share of the plain arena. */
export interface Point {
  readonly share: number
  readonly activationBytes: number
  readonly recomputedOps: number
  /** Floating-point operations that are done again, and those of the forward pass. */
  readonly recomputedFlops: number
  readonly forwardFlops: number
}

const SHARES = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1]

/** Memory against recomputation: what `budget` finds for ever smaller shares, to the smallest that it reaches. */
export async function front(
  model: DeepModel,
  shares: readonly number[] = SHARES,
): Promise<{ points: Point[]; end: string | null }> {
  const plain = createTrainer(model, { threads: 1, optimizer: 'sgd' })
  const { arenaBytes } = await plain.plan()
  await plain.close()
  const points: Point[] = []
  for (const share of shares) {
    let flops = { recomputedFlops: 0, forwardFlops: 0 }
    const policy = watched(budget(Math.floor(share * arenaBytes)), (values, depths) => {
      flops = flopsOf(values, depths)
    })
    const trainer = createTrainer(model, { threads: 1, optimizer: 'sgd', policy })
    try {
      const plan = await trainer.plan()
      points.push({ share, activationBytes: plan.arenaBytes, recomputedOps: recomputedOps(plan), ...flops })
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'SETTING') throw error
      return { points, end: (error as Error).message }
    } finally {
      await trainer.close()
    }
  }
  return { points, end: null }
}

/** A policy whose plans are told to `see`. */
function watched(policy: Policy, see: (values: readonly Residual[], depths: Recomputations) => void): Policy {
  const alone: Policy = (value) => policy(value)
  return Object.assign(alone, {
    plan: (stage: Parameters<NonNullable<Policy['plan']>>[0]): Recomputations => {
      const depths = policy.plan!(stage)
      see(stage.values, depths)
      return depths
    },
  })
}

/** What a plan computes again, with all that is computed on the way: version n of a value is made of versions n. */
export function flopsOf(
  values: readonly Residual[],
  depths: Recomputations,
): Pick<Point, 'recomputedFlops' | 'forwardFlops'> {
  const wanted = new Map<Tensor, Set<number>>(values.map((v) => [v.tensor, new Set<number>()]))
  let recomputedFlops = 0
  let forwardFlops = 0
  for (const { tensor, isRead, sources, cost } of values.toReversed()) {
    const last = depths.get(tensor) ?? (isRead ? 0 : Infinity)
    const asked = [...wanted.get(tensor)!, ...(isRead ? [last] : [])]
    const versions = new Set(asked.map((version) => Math.min(version, last)).filter((version) => version > 0))
    recomputedFlops += versions.size * cost
    forwardFlops += cost
    for (const source of sources) for (const version of versions) wanted.get(source)?.add(version)
  }
  return { recomputedFlops, forwardFlops }
}
