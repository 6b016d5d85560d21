import {
  add,
  cast,
  div,
  full,
  greater,
  greaterEqual,
  less,
  logicalAnd,
  maximum,
  mul,
  promote,
  sign,
  sub,
  where,
  type Tensor,
} from '@gradloom/core'
import { settings } from '../settings.ts'
import { mapTensors, tensorsOf } from '../tensors.ts'
import { lossOf, type Transformation } from '../transformation.ts'

export interface PlateauOptions {
  /** In (0, 1). */
  readonly factor?: number
  /** How many measurements in a row may fail to improve. */
  readonly patience?: number
  /** By how much a loss must be below the best one to be better. */
  readonly threshold?: number
  /** Whether `threshold` is a share of the best loss or a difference from it: better is below
   * best - threshold |best| ('rel', and then threshold is below 1), or below best - threshold ('abs'). */
  readonly thresholdMode?: 'rel' | 'abs'
  /** Measurements after a reduction that do not count. */
  readonly cooldown?: number
  /** The updates' scale stays above this. */
  readonly minimum?: number
  /** A measurement is the mean loss of so many steps. */
  readonly interval?: number
}

type Plateau = { readonly [K in 'scale' | 'best' | 'bad' | 'cooling' | 'sum' | 'count']: Tensor }

/** Multiplies updates by a scale that starts at 1 and shrinks by `factor` when the loss stops falling, counted as
 * PyTorch's ReduceLROnPlateau counts; put it last in a chain. Reports `plateauScale`. A loss of NaN is not better.
 * PyTorch takes best (1 - threshold) for negative losses too, of which a loss that stays the same is always below.
 * @throws NameError, SettingError for settings; GradError for a step without loss */
export function reduceOnPlateau(options?: PlateauOptions): Transformation<{ plateau: Plateau }> {
  const { factor, patience, threshold, thresholdMode, cooldown, minimum, interval } = settings<
    Required<PlateauOptions>
  >(
    'reduceOnPlateau',
    {
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      minimum: 0,
      interval: 1,
    },
    options,
    {
      factor: 'a number in (0, 1)',
      ...(options?.thresholdMode !== 'abs' && { threshold: 'a number in [0, 1)' }),
    },
  )
  // best - threshold |best|, as a product: the first best is infinite.
  const limitOf = (best: Tensor): Tensor =>
    thresholdMode === 'abs' ? sub(best, threshold) : mul(best, add(mul(sign(best), -threshold), 1))

  return {
    init(params) {
      // Counts are exact in float32 up to 2^24, and in float16 only up to 2^11.
      const dtype = promote('float32', tensorsOf(params)[0].dtype)
      const number = (value: number): Tensor => full([], value, { dtype })
      const zero = number(0)
      const plateau = { scale: number(1), best: number(Infinity), bad: zero, cooling: zero, sum: zero, count: zero }
      return { plateau }
    },
    update(updates, { plateau }, context) {
      const { scale, best, bad, cooling, sum, count } = plateau
      const total = add(sum, cast(lossOf('reduceOnPlateau', context), scale.dtype))
      const steps = add(count, 1)
      const measured = greaterEqual(steps, interval)
      const mean = div(total, steps)
      const better = less(mean, limitOf(best))
      const failures = where(greater(cooling, 0), 0, where(better, 0, add(bad, 1)))
      const reduces = greater(failures, patience)
      const rested = where(reduces, cooldown, maximum(sub(cooling, 1), 0))
      const reduced = where(reduces, maximum(mul(scale, factor), minimum), scale)
      return {
        updates: mapTensors((u) => mul(u, cast(scale, u.dtype)), updates),
        state: {
          plateau: {
            scale: where(measured, reduced, scale),
            best: where(logicalAnd(measured, better), mean, best),
            bad: where(measured, where(reduces, 0, failures), bad),
            cooling: where(measured, rested, cooling),
            sum: where(measured, 0, total),
            count: where(measured, 0, steps),
          },
        },
        reports: { plateauScale: scale },
      }
    },
  }
}
