import { DTypeError, ShapeError } from '../errors.ts'
import { toHostArray, type ArrayLike } from '../host.ts'
import { constant, defineOp, type Op } from '../graph/op.ts'
import type { Meta } from '../graph/meta.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { settings, shown } from '../settings.ts'
import { isCount, show, type Shape } from '../shape.ts'

/** Indices as an int32 tensor; plain numbers and arrays are converted. @throws DTypeError for any other dtype, and for
 * fractions */
export function asIndices(name: string, x: TensorLike): Tensor {
  const t = asTensor(typeof x === 'number' || Array.isArray(x) ? toHostArray(x as ArrayLike, 'int32') : x)
  if (t.dtype !== 'int32') throw new DTypeError(`${name}: int32 indices required, got ${t.dtype}; cast them`)
  return t
}

/** @throws ShapeError where `got` cannot be `wanted`; unknown sizes can be any */
export function requireShape(name: string, what: string, wanted: Shape, got: Shape): void {
  if (got.length !== wanted.length || got.some((n, i) => n !== wanted[i] && n !== -1 && wanted[i] !== -1)) {
    throw new ShapeError(`${name}: ${what} of shape ${show(wanted)} required, got ${show(got)}`)
  }
}

interface CheckAttrs {
  readonly size: number
  readonly ignoreIndex: number | null
}
const checkIndicesOp: Op<CheckAttrs> = defineOp<CheckAttrs>({
  name: 'checkIndices',
  risk: () => 'any',
  infer: ([x]): Meta => x,
  vjp: constant,
})

/** The int32 indices x as they are, once they are known to lie in [0, size) or to be `ignoreIndex`: an IndexError that
 * names the first other one fails the run. @throws DTypeError */
export function checkIndices(x: TensorLike, size: number, options?: { readonly ignoreIndex?: number | null }): Tensor {
  const { ignoreIndex } = settings<{ ignoreIndex: number | null }>('checkIndices', options, { ignoreIndex: null })
  if (!isCount(size) || !Number.isInteger(ignoreIndex ?? 0))
    throw new ShapeError(`checkIndices: a whole size and ignoreIndex required, got ${shown(size)}, ${ignoreIndex}`)
  return apply(checkIndicesOp, [asIndices('checkIndices', x)], { size, ignoreIndex })
}
