import { LinalgError, ofMatrix } from '../errors.ts'
import type { IndependentAttrs } from '../ops/qr.ts'
import { eachMatrix, stackSize, type Kernel } from './kernel.ts'

/** Passes triangles on whose columns have more than rounding on the diagonal: of a column's length, so that columns may
 * be of different sizes. */
export const independent: Kernel<IndependentAttrs> = ({ inputs: [x], outputs: [y], attrs: { tolerance } }) => {
  const k = x.shape.at(-1)!
  eachMatrix('qr', stackSize(x.shape), [x], [y], ([r], [out], place) => {
    for (let j = 0; j < k; j++) {
      let length = 0
      for (let i = 0; i <= j; i++) length = Math.hypot(length, r[i * k + j])
      if (r[j * k + j] > tolerance * length) continue
      throw new LinalgError(
        'SINGULAR',
        `qr: independent columns required in the gradient, got column ${j}${ofMatrix(place)} that depends on those ` +
          `before it; leave it out, or use pinv or lstsq`,
      )
    }
    out.set(r)
  })
}
