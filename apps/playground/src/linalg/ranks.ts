import {
  cast,
  hostArray,
  less,
  matmul,
  maximum,
  mul,
  square,
  sub,
  sum,
  div,
  sqrt,
  where,
  type Runtime,
} from '@gradloom/core'
import { iota } from '@gradloom/core/extend'
import { svd } from '@gradloom/linalg'
import type { Picture } from './messages.ts'

/** A picture's singular values, and what is left of it at a rank. */
export interface Ranks {
  readonly s: Float32Array<ArrayBuffer>
  /** The picture of so many singular vectors, and its distance from the whole, as a share of that. */
  at(rank: number): Promise<{ readonly values: Float32Array<ArrayBuffer>; readonly off: number }>
}

/** Decomposes a picture once; each rank is a product of the factors. */
export async function ranksOf(runtime: Runtime, { width, height, values }: Picture): Promise<Ranks> {
  const [u, s, vh] = await runtime.evaluate(Object.values(svd(hostArray(values, [height, width]))))
  const env = runtime.variables()
  Object.entries({ u, s, vh }).forEach(([name, value]) => env.name(name).set(value))
  const count = s.shape[0]
  const step = env.compile((ctx) => {
    const rank = ctx.placeholder('rank', [], 'float32')
    const weights = ctx.variable('s')
    const isKept = less(cast(iota([count]), 'float32'), rank)
    const kept = where(isKept, weights, 0)
    // Of nothing, nothing is missing.
    const whole = maximum(sum(square(weights)), 1e-30)
    const rest = div(sum(square(sub(weights, kept))), whole)
    return { picture: matmul(mul(ctx.variable('u'), kept), ctx.variable('vh')), off: sqrt(rest) }
  })
  return {
    s: Float32Array.from(s.data as Float32Array),
    at: async (rank) => {
      const { picture, off } = await step({ rank })
      return { values: Float32Array.from(picture.data as Float32Array), off: off.item() }
    },
  }
}
