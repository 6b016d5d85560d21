import { ambient, currentRuntime, type Evaluates } from './ambient.ts'
import type { DType, TypedArray } from '../dtype.ts'
import { isLiteral, literalDType, promote } from '../dtype.ts'
import { BackendError, DTypeError } from '../errors.ts'
import { isHostArray, toHostArray, type ArrayLike, type HostArray, type NestedArray } from '../host.ts'
import { promoted, type Meta, type Op } from './op.ts'
import type { Shape } from '../shape.ts'
import { add, div, mul, neg, pow, sub } from '../ops/arithmetic.ts'
import { cast } from '../ops/cast.ts'
import { full } from '../ops/full.ts'
import { matmul } from '../ops/matmul.ts'
import { max, mean, min, sum, type ReduceOptions } from '../ops/reduce.ts'
import { broadcastTo, expandDims, squeeze, transpose } from '../ops/view.ts'
import { reshape } from '../ops/reshape.ts'
import { value, type ValueAttrs } from '../ops/leaf.ts'
import { backward } from '../functions/backward.ts'

/** One application of an op. */
export interface Node<A = unknown> {
  readonly op: Op<A>
  readonly attrs: A
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly scope: string
  /** False: gradients stop here. */
  readonly tracked: boolean
  /** Nodes are numbered as they are made. */
  readonly id: number
  /** The last walk that came by; walks do not nest, and a number is much cheaper than a set of nodes. */
  mark: number
}

/** What ops take for a tensor: a tensor, a number (it takes the dtype of the tensors it meets), or host data. */
export type TensorLike = Tensor | ArrayLike

/** A value of a graph: immutable, computed when its data is asked for. Everything that its few chained methods do, and
 * all the rest, is a function. */
export class Tensor implements Meta {
  readonly node: Node
  /** Which output of its node it is. */
  readonly index: number
  readonly shape: Shape
  readonly dtype: DType
  /** `backward` accumulates a gradient here. */
  requiresGrad = false
  /** The gradient that `backward` left, or null. */
  grad: Tensor | null = null
  /** The value, once it was computed and read. */
  memo: HostArray | null = null

  constructor(node: Node, index: number, meta: Meta) {
    this.node = node
    this.index = index
    this.shape = meta.shape
    this.dtype = meta.dtype
  }

  get rank(): number {
    return this.shape.length
  }
  add(b: TensorLike): Tensor {
    return add(this, b)
  }
  sub(b: TensorLike): Tensor {
    return sub(this, b)
  }
  mul(b: TensorLike): Tensor {
    return mul(this, b)
  }
  div(b: TensorLike): Tensor {
    return div(this, b)
  }
  pow(b: TensorLike): Tensor {
    return pow(this, b)
  }
  neg(): Tensor {
    return neg(this)
  }
  matmul(b: TensorLike): Tensor {
    return matmul(this, b)
  }
  sum(options?: ReduceOptions): Tensor {
    return sum(this, options)
  }
  mean(options?: ReduceOptions): Tensor {
    return mean(this, options)
  }
  max(options?: ReduceOptions): Tensor {
    return max(this, options)
  }
  min(options?: ReduceOptions): Tensor {
    return min(this, options)
  }
  reshape(shape: Shape): Tensor {
    return reshape(this, shape)
  }
  transpose(axes?: readonly number[]): Tensor {
    return transpose(this, axes)
  }
  broadcastTo(shape: Shape): Tensor {
    return broadcastTo(this, shape)
  }
  expandDims(axis: number): Tensor {
    return expandDims(this, axis)
  }
  squeeze(axis?: number | readonly number[]): Tensor {
    return squeeze(this, axis)
  }
  cast(dtype: DType): Tensor {
    return cast(this, dtype)
  }

  /** Computes the value now. */
  async eval(): Promise<HostArray> {
    return this.memo ?? (await runtimeOf(this).evaluate([this]))[0]
  }
  async data(): Promise<TypedArray> {
    return (await this.eval()).data
  }
  async array(): Promise<NestedArray> {
    return (await this.eval()).array()
  }
  async item(): Promise<number> {
    return (await this.eval()).item()
  }
  /** `data` without waiting, where the backend runs inline. @throws BackendError elsewhere */
  dataSync(): TypedArray {
    return (this.memo ?? runtimeOf(this).evaluateSync([this])[0]).data
  }
  /** Frees the device value that this tensor holds, if it holds one; using it afterwards is a DisposedError. */
  dispose(): void {
    ;(this.node.attrs as ValueAttrs | undefined)?.device?.dispose()
  }
  [Symbol.dispose](): void {
    this.dispose()
  }
  /** Adds d(sum of this)/dx to `x.grad` of every tensor made with `requiresGrad` that this depends on. */
  backward(cotangent?: TensorLike): Promise<void> {
    return backward(this, cotangent)
  }
}

/** The runtime of a placeholder, variable or device value behind `t`, else the current one. @throws BackendError where
 * there is none */
export function runtimeOf(t: Tensor): Evaluates {
  for (const node of topological([t], ({ outputs }) => outputs.every((y) => y.memo))) {
    const owner = node.op.leaf && (node.attrs as { readonly owner?: Evaluates }).owner
    if (owner) return owner
  }
  const runtime = currentRuntime()
  if (runtime) return runtime
  throw new BackendError('data: a runtime is required; call setRuntime(createRuntime({ backends: [cpu()] })) first')
}

/** Applies an op: casts inputs as it asks, infers the result. Tensors in, tensor out.
 * @throws ShapeError, DTypeError */
export function applyAll<A>(op: Op<A>, inputs: readonly TensorLike[], attrs: A): readonly Tensor[] {
  return makeNode(op, convert(op, inputs), attrs).outputs
}
export const apply = <A>(
  op: Op<A>,
  inputs: readonly TensorLike[],
  ...attrs: undefined extends A ? [A?] : [A]
): Tensor => applyAll(op, inputs, attrs[0] as A)[0]

/** A node on inputs that need no conversion; `like` gives scope and tracking. */
export function makeNode<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A, like?: Node): Node {
  const inferred = op.infer(inputs, attrs)
  const metas = Array.isArray(inferred) ? (inferred as readonly Meta[]) : [inferred as Meta]
  const node = {
    op,
    attrs,
    inputs,
    outputs: [] as Tensor[],
    scope: like?.scope ?? ambient.scope,
    tracked: like?.tracked ?? ambient.tracking,
    id: ++ambient.nodes,
    mark: 0,
  }
  metas.forEach((meta, i) => node.outputs.push(new Tensor(node as unknown as Node, i, meta)))
  return node as unknown as Node
}

function convert<A>(op: Op<A>, inputs: readonly TensorLike[]): Tensor[] {
  const tensors = inputs.map((x) => (isLiteral(x) ? x : asTensor(x)))
  let dtype: DType | undefined
  const meet = (other: DType): void => {
    dtype = dtype ? promote(dtype, other) : other
  }
  for (const t of tensors) if (!isLiteral(t)) meet(t.dtype)
  for (const t of tensors) if (isLiteral(t)) meet(literalDType(t, dtype))
  const common = promoted(op as Op<never>, dtype ?? 'float32')
  return tensors.map((t) =>
    isLiteral(t) ? full([], Number(t), { dtype: common }) : op.promotion === 'none' ? t : cast(t, common),
  )
}

/** `x` as a tensor; numbers become rank-0 float32 unless a dtype is given. */
export function asTensor(x: TensorLike, dtype?: DType): Tensor {
  if (x instanceof Tensor) return x
  if (isLiteral(x)) return full([], Number(x), { dtype: dtype ?? literalDType(x) })
  if (!isHostArray(x) && !ArrayBuffer.isView(x) && !Array.isArray(x))
    throw new DTypeError(`tensor: a tensor, number or array required, got ${typeof x}`)
  return value(toHostArray(x, dtype))
}

/** Nodes behind `roots`, inputs first. Iterative, so that depth is no limit; `stop` nodes are listed but not entered.
 * */
export function topological(roots: readonly Tensor[], stop?: (node: Node) => boolean): Node[] {
  const order: Node[] = []
  const path: Node[] = []
  const next: number[] = []
  const walk = ++ambient.walks
  const enter = (node: Node): void => {
    if (node.mark === walk) return
    node.mark = walk
    path.push(node)
    next.push(stop?.(node) ? node.inputs.length : 0)
  }
  for (const root of roots) {
    enter(root.node)
    while (path.length) {
      const top = path.length - 1
      const node = path[top]
      if (next[top] < node.inputs.length) enter(node.inputs[next[top]++].node)
      else {
        order.push(node)
        path.pop()
        next.pop()
      }
    }
  }
  return order
}
