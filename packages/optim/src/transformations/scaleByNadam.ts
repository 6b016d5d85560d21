import { add, cast, div, mul, sqrt, sub, tensor, type Tensor } from '@gradloom/core'
import { debias, power } from '../scalars.ts'
import { settings } from '../settings.ts'
import { tensorsOf, type Tensors } from '../tensors.ts'
import { counted, type Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'
import { ADAM, type AdamMoments } from './scaleByAdam.ts'

export interface NadamOptions extends AdamMoments {
  readonly momentumDecay?: number
}
export const NADAM: Required<NadamOptions> = { ...ADAM, momentumDecay: 4e-3 }

/** Adam with Nesterov's look-ahead: with mu_t = beta1 (1 - 0.96^(t d) / 2) and M_t their product,
 * ((1 - mu_t) / (1 - M_t) g + mu_(t+1) / (1 - M_t mu_t mu_(t+1)) m) / (sqrt(v / (1 - beta2^t)) + eps). The second
 * denominator is PyTorch 1's; the paper, and PyTorch 2, have M_(t+1) there.
 * @throws NameError, SettingError for settings @see https://cs229.stanford.edu/proj2015/054_report.pdf */
export function scaleByNadam(options?: NadamOptions): Transformation {
  const { beta1, beta2, eps, momentumDecay } = settings<Required<NadamOptions>>('scaleByNadam', NADAM, options)
  const mu = (at: Tensor): Tensor => mul(sub(1, mul(power(0.96, mul(at, momentumDecay)), 0.5)), beta1)
  const weighted = (ofGradient: Tensor, ofMoment: Tensor): Transformation =>
    perTensor(
      ['m', 'v'],
      (t) => {
        const ofSquare = debias(beta2, t)
        return (g, old) => {
          const m = average(beta1, old.m, g)
          const v = average(beta2, old.v, mul(g, g))
          const direction = add(mul(g, cast(ofGradient, g.dtype)), mul(m, cast(ofMoment, g.dtype)))
          return [div(direction, add(sqrt(mul(v, ofSquare)), eps)), { m, v }]
        }
      },
      { counts: true },
    )
  return {
    init(params, step) {
      const one = tensor(1, { dtype: tensorsOf(params)[0].dtype })
      return { ...(weighted(one, one).init(params, step) as Tensors), momentumProduct: one }
    },
    update(gradients, state, context) {
      const { momentumProduct: before, ...moments } = state as Tensors
      const t = cast(counted(moments.step), before.dtype)
      const now = mu(t)
      const next = mu(add(t, 1))
      const momentumProduct = mul(before, now)
      const ofGradient = div(sub(1, now), sub(1, momentumProduct))
      const ofMoment = div(next, sub(1, mul(mul(momentumProduct, now), next)))
      const done = weighted(ofGradient, ofMoment).update(gradients, moments, context)
      return { ...done, state: { ...(done.state as Tensors), momentumProduct } }
    },
  }
}
