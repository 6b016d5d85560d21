import { sizeOf } from '@gradloom/core'
import { LinalgError, ofMatrix } from '../errors.ts'
import type { SpectrumAttrs } from '../spectral/spectrum.ts'
import { eachMatrix, type Kernel } from './kernel.ts'
import { largest } from './rotation.ts'

export const spectrum: Kernel<SpectrumAttrs> = ({ inputs: [x], outputs: [y], attrs: { name, must, tolerance } }) => {
  eachMatrix(name, sizeOf(x.shape.slice(0, -1)), [x], [y], ([values], [out], place) => {
    const least = tolerance * largest(values)
    values.forEach((v, i) => {
      const isRight = must === 'be positive' ? v > least : v >= -least
      if (!isRight)
        throw new LinalgError(
          must === 'be positive' ? 'SINGULAR' : 'DOMAIN',
          `${name}: values that must ${must} required, got ${v} for value ${i}${ofMatrix(place)}; ` +
            `add a multiple of the identity`,
        )
      out[i] = must === 'be positive' ? v : Math.max(0, v)
    })
  })
}
