import { LinalgError, ofMatrix } from '../errors.ts'
import { NEAR } from '../spectral/degenerate.ts'
import type { GaugeAttrs } from '../spectral/gauge.ts'
import { eachMatrix, stackSize, type Kernel } from './kernel.ts'
import { largest } from './rotation.ts'

/** What is left where things cancel, of their size, that counts as nothing. */
const REST = { float64: 1e-8, float32: 1e-3 }
const ROUNDING = { float64: 2 ** -52, float32: 2 ** -23 }

/** Passes what turns vectors into one another on where it is 0 between equal values. Between near ones its rounding
 * becomes 0 too: divided by their gap it could be anything. */
export const gaugeCheck: Kernel<GaugeAttrs> = ({ inputs, outputs: [y], attrs: { name, tolerance } }) => {
  const [turning] = inputs
  const k = turning.shape.at(-1)!
  const dtype = turning.dtype as 'float64'
  const rest = REST[dtype]
  eachMatrix(name, stackSize(turning.shape), inputs, [y], ([t, share, values, weights], [out], place) => {
    const most = largest(values)
    const near = NEAR[dtype] * most
    const least = tolerance * most
    const counts = rest * largest(share)
    const rounding = 8 * k * ROUNDING[dtype] * largest(share)
    const weighty = rest * largest(weights)
    out.set(t)
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < i; j++) {
        const gap = Math.abs(values[i] - values[j])
        if (gap <= near && Math.abs(t[i * k + j]) <= rounding) out[i * k + j] = out[j * k + i] = 0
        if (gap > least) continue
        const isRead =
          Math.max(
            ...[
              [i, i],
              [i, j],
              [j, i],
              [j, j],
            ].map(([p, q]) => Math.abs(share[p * k + q])),
          ) > counts
        const depends = Math.abs(t[i * k + j]) > counts
        const differs = isRead && Math.abs(weights[i] - weights[j]) > weighty
        if (!depends && !differs) continue
        throw new LinalgError(
          'DEGENERATE',
          `${name}: values ${j} and ${i}${ofMatrix(place)} are ${gap} apart, and the gradient ` +
            `depends on how their vectors were chosen; use spectralFunction, polar, lowRank or pinv where they say ` +
            `what you mean, or choose degenerate: 'lorentzian', 'mask' or 'taylor'`,
        )
      }
    }
  })
}

/** Passes what depends on vectors on where it is 0 in the columns of values that are 0. */
export const nullCheck: Kernel<GaugeAttrs> = ({ inputs, outputs: [y], attrs: { name, tolerance } }) => {
  const [beside] = inputs
  const k = beside.shape.at(-1)!
  const rest = REST[beside.dtype as 'float64']
  eachMatrix(name, stackSize(beside.shape), inputs, [y], ([b, source, values], [out], place) => {
    const least = tolerance * largest(values)
    const counts = rest * largest(source)
    const at = b.findIndex((v, i) => values[i % k] <= least && Math.abs(v) > counts)
    const which = at % k
    if (at >= 0)
      throw new LinalgError(
        'DEGENERATE',
        `${name}: value ${which}${ofMatrix(place)} is ${values[which]}, and the gradient depends ` +
          `on vectors that it does not determine; use polar, lowRank or pinv, or choose degenerate: 'mask'`,
      )
    out.set(b)
  })
}
