/// <reference lib="esnext.disposable" preserve="true" />
import { ambient, currentRuntime, type Evaluates } from './ambient.ts'
import { describe, type Meta } from './meta.ts'
import { isFloat, type DType, type TypedArray } from '../dtype.ts'
import { BackendError, DTypeError, GradError } from '../errors.ts'
import { copyOf, valuesOf, type ArrayLike, type HostArray, type NestedArray } from '../host.ts'
import type { Node } from './node.ts'
import { printable } from '../print.ts'
import { demandFunction, settings } from '../settings.ts'
import type { Shape } from '../shape.ts'
import { add, div, mul, neg, pow, sub } from '../ops/arithmetic.ts'
import { cast } from '../ops/cast.ts'
import { matmul } from '../ops/matmul.ts'
import { max, mean, min, sum, type ReduceOptions } from '../ops/reduce.ts'
import { broadcastTo, expandDims, squeeze, transpose } from '../ops/view.ts'
import { reshape } from '../ops/reshape.ts'
import type { ValueAttrs } from '../ops/leaf.ts'
import { backward } from '../functions/backward.ts'
import { topological } from './walk.ts'

/** What ops take for a tensor: a tensor, a number (it takes the dtype of the tensors it meets), or host data. */
export type TensorLike = Tensor | ArrayLike

/** What a hook is told a value of: of a tensor, or of the gradient in it. */
export interface Told {
  readonly tensor: Tensor
  readonly gradient: boolean
}
export interface Hook {
  readonly fn: (value: HostArray, of: Told) => void
  readonly gradient: boolean
}

/** Those of all tensors that have none. */
const NO_HOOKS: ReadonlySet<Hook> = /* @__PURE__ */ new Set()

/** A value of a graph: immutable, computed when its data is asked for. Everything that its few chained methods do, and
 * all the rest, is a function. */
export class Tensor implements Meta {
  static {
    printable(this.prototype)
  }
  readonly node: Node
  /** Which output of its node it is. */
  readonly index: number
  readonly shape: Shape
  readonly dtype: DType
  /** `backward` accumulates a gradient here. */
  requiresGrad = false
  /** See `keep`. */
  isKept = false
  /** The gradient that `backward` left, or null. */
  grad: Tensor | null = null
  /** The value, once it was computed and read. */
  memo: HostArray | null = null
  /** What is told of it. */
  hooks: ReadonlySet<Hook> = NO_HOOKS

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
    return this.memo ? copyOf(this.memo) : (await runtimeOf(this).evaluate([this]))[0]
  }
  async data(): Promise<TypedArray> {
    return (await this.eval()).data
  }
  async array<T extends NestedArray = NestedArray>(): Promise<T> {
    return (await this.eval()).array<T>()
  }
  async item(): Promise<number> {
    return (await this.eval()).item()
  }
  /** `data` without waiting, where the backend runs inline. @throws BackendError elsewhere */
  dataSync(): TypedArray {
    return (this.memo ? copyOf(this.memo) : runtimeOf(this).evaluateSync([this])[0]).data
  }
  /** Frees the device value that this tensor holds, if it holds one, when the calls made before have it; using it
   * afterwards is a DisposedError. One that is dropped instead is freed once it is collected; where that goes on,
   * the console says which call keeps them. */
  dispose(): void {
    ;(this.node.attrs as ValueAttrs | undefined)?.free?.()
  }
  [Symbol.dispose](): void {
    this.dispose()
  }
  /** Dtype, shape and, once it is known, the value, of which long axes show their ends. */
  toString(): string {
    const known = knownOf(this)
    return `Tensor ${describe(this)}${known ? ` ${valuesOf(known)}` : ''}`
  }
  /** Operators would make NaN and false of tensors. @throws DTypeError but for text */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString()
    throw new DTypeError('tensors have no operators; write add(x, y), less(x, y)')
  }
  /** Dtype, shape and, once it is known, the whole value; what JSON has no number for is null. */
  toJSON(): object {
    return { dtype: this.dtype, shape: this.shape, values: knownOf(this)?.array() }
  }
  /** Calls `fn` with the value whenever a run has computed it on the way to something else or for itself, or with
   * `gradient` with each gradient in it that a run has computed another one through, as `grad`, `backward` and
   * optimizers do. Gives what takes the hook away.
   * Runs with other hooks than before are compiled once more. What `fn` throws rejects the call, whose updates are
   * made.
   * In the body of a `scan` or `cond` there is no one value: hook what they give. @throws GradError for the gradient in
   * what is no float
   * @example const remove = h.hook((value) => console.log(`${value}`)); await step(feeds); remove() */
  hook(fn: Hook['fn'], options?: { readonly gradient?: boolean }): () => void {
    const { gradient } = settings('hook', options, { gradient: false })
    demandFunction('hook', fn)
    if (gradient && !isFloat(this.dtype))
      throw new GradError(`hook: a float required for a gradient, got ${describe(this)}; cast it`)
    const hook = { fn, gradient }
    const change = (hooks: ReadonlySet<Hook>): void => {
      ambient.hooks += hooks.size - this.hooks.size
      ambient.hookings++
      this.hooks = hooks
    }
    change(new Set([...this.hooks, hook]))
    return () => change(new Set([...this.hooks].filter((h) => h !== hook)))
  }
  /** Adds d(sum of this)/dx to `x.grad` of every tensor made with `requiresGrad` that this depends on. */
  backward(cotangent?: TensorLike): Promise<void> {
    return backward(this, cotangent)
  }
}

/** The value, where the host has it. */
const knownOf = ({ memo, node }: Tensor): HostArray | null | undefined =>
  memo ?? (node.attrs as ValueAttrs | undefined)?.host

/** The runtime of a placeholder, variable or device value behind `t`, else the current one. @throws BackendError where
 * there is none */
export function runtimeOf(t: Tensor): Evaluates {
  for (const node of topological([t], ({ outputs }) => outputs.every((y) => y.memo))) {
    const owner = node.op.form.kind === 'leaf' && (node.attrs as { readonly owner?: Evaluates }).owner
    if (owner) return owner
  }
  const runtime = currentRuntime()
  if (runtime) return runtime
  throw new BackendError(
    'data: an open runtime required, got none; call setRuntime(createRuntime({ backends: [cpu()] })) first',
  )
}
