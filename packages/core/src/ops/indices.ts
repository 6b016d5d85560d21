import { DTypeError, ShapeError } from '../errors.ts'
import { toHostArray, type ArrayLike } from '../host.ts'
import { constant, defineOp, type Op } from '../graph/op.ts'
import type { Meta } from '../graph/meta.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { settings, shown } from '../settings.ts'
import { agree, isCount, show, type Shape } from '../shape.ts'

/** Indices as an int32 tensor; plain numbers and arrays are converted. @throws DTypeError for any other dtype, and for
 * fractions */
export function asIndices(name: string, x: TensorLike): Tensor {
  const t = asTensor(typeof x === 'number' || Array.isArray(x) ? toHostArray(x as ArrayLike, 'int32') : x)
  if (t.dtype !== 'int32')
    throw new DTypeError(`${name}: int32 indices required, got ${t.dtype}; cast them, or give an Int32Array`)
  return t
}

/** @throws ShapeError where `got` cannot be `wanted`; unknown sizes can be any */
export function requireShape(name: string, what: string, wanted: Shape, got: Shape): void {
  if (!agree(got, wanted)) throw new ShapeError(`${name}: ${what} of shape ${show(wanted)} required, got ${show(got)}`)
}

/** Whether broadcasting repeats elements of shape `a` where it meets `b`. */
const isRepeated = (a: Shape, b: Shape): boolean => b.some((n, i) => n !== 1 && (a.at(i - b.length) ?? 1) === 1)

/** That elements are compared with elements. @throws ShapeError for ranks that differ where broadcasting would repeat
 * both, as it makes [n, n] of [n, 1] and [n] */
export function requirePaired(name: string, x: TensorLike, y: TensorLike): void {
  const [a, b] = [x, y].map((t) => asTensor(t).shape)
  if (a.length !== b.length && isRepeated(a, b) && isRepeated(b, a))
    throw new ShapeError(`${name}: elements in pairs required, got ${show(a, b)}; reshape one to the other's shape`)
}

interface CheckAttrs {
  readonly size: number
  readonly ignoreIndex: number | null
  readonly owner: string
}
const checkIndicesOp: Op<CheckAttrs> = defineOp<CheckAttrs>({
  name: 'checkIndices',
  risk: () => 'any',
  infer: ([x]): Meta => x,
  identity: (attrs) => [attrs.size, attrs.ignoreIndex],
  vjp: constant,
})

/** The int32 indices x as they are, once they are known to lie in [0, size) or to be `ignoreIndex`: an IndexError that
 * names the first other one, and `owner`, the function that a user called, fails the run. @throws DTypeError */
export function checkIndices(
  x: TensorLike,
  size: number,
  options?: { readonly ignoreIndex?: number | null; readonly owner?: string },
): Tensor {
  const { ignoreIndex, owner } = settings<{ ignoreIndex: number | null; owner: string }>('checkIndices', options, {
    ignoreIndex: null,
    owner: 'checkIndices',
  })
  if (!isCount(size) || !Number.isInteger(ignoreIndex ?? 0))
    throw new ShapeError(`checkIndices: a whole size and ignoreIndex required, got ${shown(size)}, ${ignoreIndex}`)
  return apply(checkIndicesOp, [asIndices('checkIndices', x)], { size, ignoreIndex, owner })
}
