import { cast, div, greater, logicalAnd, mul, where } from '@gradloom/core'
import { mapTensors } from '../tensors.ts'
import { stateless, type Transformation } from '../transformation.ts'
import { globalNorm } from './norm.ts'

/** Each update times |parameter| / |update|, or 1 where either is 0. @see https://arxiv.org/abs/1904.00962 */
export const scaleByTrustRatio = (): Transformation<null> =>
  stateless((gradients, { params }) =>
    mapTensors(
      (g, parameter) => {
        const p = globalNorm([parameter])
        const u = globalNorm([g])
        const isMoving = greater(u, 0)
        const ratio = where(logicalAnd(greater(p, 0), isMoving), div(p, where(isMoving, u, 1)), 1)
        return cast(mul(g, ratio), g.dtype)
      },
      gradients,
      params,
    ),
  )
