import { sizeOf } from '@gradloom/core'
import { LinalgError, ofMatrix } from '../errors.ts'
import type { SpectrumAttrs } from '../spectral/spectrum.ts'
import { eachMatrix, type Kernel } from './kernel.ts'
import { largest } from './rotation.ts'

const CODES = { 'be positive': 'SINGULAR', 'be apart': 'DEGENERATE', 'not be negative': 'DOMAIN' } as const

export const spectrum: Kernel<SpectrumAttrs> = ({ inputs: [x], outputs: [y], attrs: { name, must, tolerance } }) => {
  eachMatrix(name, sizeOf(x.shape.slice(0, -1)), [x], [y], ([values], [out], place) => {
    const least = tolerance * largest(values)
    values.forEach((v, i) => {
      const code = CODES[must]
      const isRight = code === 'DOMAIN' ? v >= -least : v > least
      const what = code === 'DEGENERATE' ? 'the gap between the values that stay and the others' : `value ${i}`
      const advice = code === 'DEGENERATE' ? 'choose another rank' : 'add a multiple of the identity'
      if (!isRight)
        throw new LinalgError(
          code,
          `${name}: values that must ${must} required, got ${v} for ${what}${ofMatrix(place)}; ${advice}`,
        )
      out[i] = code === 'DOMAIN' ? Math.max(0, v) : v
    })
  })
}
