import { checkDType, elementOf, isLiteral, literalDType, promote, toFloat, type DType } from '../dtype.ts'
import { DTypeError } from '../errors.ts'
import { copyOf, isHostArray, toHostArray } from '../host.ts'
import { cast } from '../ops/cast.ts'
import { fullOf } from '../ops/full.ts'
import { value } from '../ops/leaf.ts'
import { makeNode } from './node.ts'
import type { Op } from './op.ts'
import { Tensor, type TensorLike } from './tensor.ts'
import { demand, demandFunction, demandList } from '../settings.ts'

/** Applies an op: casts inputs as it asks, infers the result. Tensors in, tensor out.
 * @throws ShapeError, DTypeError */
export function applyAll<A>(op: Op<A>, inputs: readonly TensorLike[], attrs: A): readonly Tensor[] {
  demandFunction('apply', op?.form?.kind && op.infer)
  return makeNode(op, alike(inputs, op), attrs).outputs
}
export const apply = <A>(
  op: Op<A>,
  inputs: readonly TensorLike[],
  ...attrs: undefined extends A ? [A?] : [A]
): Tensor => applyAll(op, inputs, attrs[0] as A)[0]

/** Inputs in the dtype that they promote to, as `op` asks. */
export function alike(
  inputs: readonly TensorLike[],
  op?: Pick<Op, 'promotion'> & { readonly name?: string },
): Tensor[] {
  demandList(op?.name ?? 'tensor', inputs)
  const tensors = inputs.map((x) => (isLiteral(x) ? x : asTensor(x)))
  let dtype: DType | undefined
  const meet = (other: DType): void => {
    dtype = dtype ? promote(dtype, other) : other
  }
  for (const t of tensors) if (!isLiteral(t)) meet(t.dtype)
  for (const t of tensors) if (isLiteral(t)) meet(literalDType(t, dtype))
  const common = op?.promotion === 'float' ? toFloat(dtype!) : dtype!
  return tensors.map((t) =>
    isLiteral(t) ? fullOf([], Number(t), common) : op?.promotion === 'none' ? t : cast(t, common),
  )
}

/** @throws SettingError for what is no list of tensors */
export function demandTensors(owner: string, list: readonly Tensor[]): void {
  demandList(owner, list)
  for (const t of list) demand(t instanceof Tensor, owner, 'a tensor', t)
}

/** `x` as a tensor; numbers become rank-0 float32 unless a dtype is given. */
export function asTensor(x: TensorLike, dtype?: DType): Tensor {
  if (x instanceof Tensor) return x
  if (dtype !== undefined) checkDType('tensor', dtype)
  if (isLiteral(x)) {
    const kind = dtype ?? literalDType(x)
    return fullOf([], elementOf('tensor', x, kind), kind)
  }
  if (!isHostArray(x) && !ArrayBuffer.isView(x) && !Array.isArray(x))
    throw new DTypeError(`tensor: a tensor, number or array required, got ${typeof x}`)
  const host = toHostArray(x, dtype)
  // A graph does not change when the caller's array does.
  return value(ArrayBuffer.isView(x) || isHostArray(x) ? copyOf(host) : host)
}
