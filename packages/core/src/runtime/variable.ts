import type { Backend, DeviceBuffer } from '../plan/backend.ts'
import { DisposedError, NameError } from '../errors.ts'
import { hostArray, toHostArray, type HostArray } from '../host.ts'
import type { DType } from '../dtype.ts'
import { variableOp, type VariableHome } from '../ops/leaf.ts'
import type { Shape } from '../shape.ts'
import { checkAssignable } from './update.ts'
import { apply, runtimeOf, Tensor, topological, type TensorLike } from '../graph/tensor.ts'

interface Placed {
  readonly backend: Backend
  readonly buffer: DeviceBuffer
}

/** A named array that keeps its place on a device between runs. A value that was set is on the host, or a graph still
 * to be computed, until the first run that needs it. */
export class Variable {
  readonly name: string
  readonly shape: Shape
  readonly dtype: DType
  /** Made by an optimizer or layer, not listed as a parameter. */
  readonly isState: boolean
  /** The tensor that reads it. */
  readonly tensor: Tensor
  #pending: HostArray | Tensor | null
  #placed: Placed | null = null
  #settling: Promise<void> = Promise.resolve()

  constructor(name: string, value: HostArray | Tensor, isState: boolean, environment: VariableHome, owner: unknown) {
    this.name = name
    this.shape = value.shape
    this.dtype = value.dtype
    this.isState = isState
    this.#pending = value
    const attrs = { name, shape: this.shape, dtype: this.dtype, environment, owner, variable: this }
    this.tensor = apply(variableOp, [], attrs as never)
  }

  /** @throws ShapeError, DTypeError where `value` has another shape or dtype; NameError where it reads this variable */
  set(value: HostArray | Tensor): void {
    checkAssignable(this.name, this, value)
    if (value instanceof Tensor && this.#isBehind(value))
      throw new NameError(`${this.name}: the value reads it; assign it in a step`)
    this.#pending = value
  }

  /** Whether computing `t` needs the value of this variable, also through values that others were set to. */
  #isBehind(t: Tensor): boolean {
    return topological([t]).some(({ attrs }) => {
      const v = (attrs as { readonly variable?: unknown } | undefined)?.variable
      return v === this || (v instanceof Variable && v.#pending instanceof Tensor && this.#isBehind(v.#pending))
    })
  }

  /** Whether a value that was set is still to be brought to a device. */
  get isPending(): boolean {
    return this.#pending !== null
  }

  #isOn(backend: Backend): boolean {
    return !this.#pending && this.#placed?.backend === backend
  }

  /** Brings the value to where `buffer` can give it, one call after the other. A value that is set meanwhile is left to
   * the next. */
  settle(backend: Backend): Promise<void> {
    if (this.#isOn(backend)) return this.#settling
    const turn = this.#settling.then(() => this.#settle(backend))
    this.#settling = turn.catch(() => undefined)
    return turn
  }

  async #settle(backend: Backend): Promise<void> {
    const pending = this.#pending
    const placed = this.#placed
    if (this.#isOn(backend)) return
    const { data } = (pending as Tensor | null)?.memo ?? (await this.read())
    const buffer = await backend.upload(data, this.dtype)
    if (this.#pending === pending && this.#placed === placed) {
      this.#pending = null
      this.#placed = { backend, buffer }
      placed?.buffer.dispose()
    } else buffer.dispose()
  }

  /** The device buffer; `settle` was awaited. @throws DisposedError */
  buffer(backend: Backend): DeviceBuffer {
    if (!(this.#pending ?? this.#placed)) throw new DisposedError(`${this.name}: it was disposed`)
    if (!this.#isOn(backend))
      throw new NameError(`${this.name}: the value is not on ${backend.name} yet; await the run instead`)
    return this.#placed!.buffer
  }

  /** A copy of the value. */
  async read(): Promise<HostArray> {
    if (this.#pending instanceof Tensor) return (await runtimeOf(this.tensor).evaluate([this.#pending]))[0]
    if (this.#pending) return hostArray(this.#pending.data.slice(), this.shape, this.dtype)
    const backend = this.#placed?.backend as Backend
    const buffer = this.buffer(backend)
    return hostArray(await backend.download(buffer), this.shape, this.dtype)
  }

  dispose(): void {
    this.#placed?.buffer.dispose()
    this.#pending = this.#placed = null
  }
}

/** A value to set: graphs stay graphs, data is copied, so that later changes of the array do not show. */
export const initialValue = (value: TensorLike, dtype?: DType): HostArray | Tensor => {
  if (value instanceof Tensor) return value
  const host = toHostArray(value, dtype)
  return ArrayBuffer.isView(value) || host === value ? hostArray(host.data.slice(), host.shape, host.dtype) : host
}
