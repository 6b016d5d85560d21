import type { DType } from '../dtype.ts'
import { DTypeError } from '../errors.ts'
import { isFloat } from '../dtype.ts'
import { copyOf, isHostArray, toHostArray, type ArrayLike } from '../host.ts'
import type { Tensor } from '../graph/tensor.ts'
import { settings } from '../settings.ts'
import { value } from './leaf.ts'

/** A tensor of host data: numbers, nested arrays, typed arrays (flat), host arrays. Numbers are float32 unless `dtype`
 * says otherwise. Arrays are copied, so that later changes of them do not show. With `requiresGrad`, `backward` leaves
 * its gradient in `grad`.
 * @throws ShapeError for ragged rows; DTypeError for values that the dtype cannot hold
 * @example const a = tensor([[1, 2], [3, 4]], { requiresGrad: true }) */
export function tensor(data: ArrayLike, options?: { readonly dtype?: DType; readonly requiresGrad?: boolean }): Tensor {
  const { dtype, requiresGrad } = settings<{ dtype?: DType; requiresGrad: boolean }>('tensor', options, {
    dtype: undefined,
    requiresGrad: false,
  })
  const given = toHostArray(data, dtype)
  const host = isHostArray(data) || ArrayBuffer.isView(data) ? copyOf(given) : given
  const t = value(host)
  if (requiresGrad && !isFloat(t.dtype))
    throw new DTypeError(`tensor: requiresGrad needs a float dtype, got ${t.dtype}`)
  t.memo = host
  t.requiresGrad = requiresGrad
  return t
}
