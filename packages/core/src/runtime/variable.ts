import type { Backend, DeviceBuffer } from '../backend.ts'
import { NameError } from '../errors.ts'
import { hostArray, toHostArray, type HostArray } from '../host.ts'
import type { DType } from '../dtype.ts'
import { variableOp, type VariableHome } from '../ops/leaf.ts'
import type { Shape } from '../shape.ts'
import { checkAssignable } from '../update.ts'
import { apply, runtimeOf, Tensor, type TensorLike } from '../tensor.ts'

/** A named array that keeps its place on a device between runs. A value that was set is on the host, or a graph still to
 * be computed, until the first run that needs it. */
export class Variable {
  readonly name: string
  readonly shape: Shape
  readonly dtype: DType
  /** Made by an optimizer or layer, not listed as a parameter. */
  readonly isState: boolean
  /** The tensor that reads it. */
  readonly tensor: Tensor
  #pending: HostArray | Tensor | null
  #placed: { readonly backend: Backend; readonly buffer: DeviceBuffer } | null = null

  constructor(name: string, value: HostArray | Tensor, isState: boolean, environment: VariableHome, owner: unknown) {
    this.name = name; this.shape = value.shape; this.dtype = value.dtype; this.isState = isState; this.#pending = value
    const attrs = { name, shape: this.shape, dtype: this.dtype, environment, owner, variable: this }
    this.tensor = apply(variableOp, [], attrs as never)
  }

  /** @throws ShapeError, DTypeError where `value` has another shape or dtype */
  set(value: HostArray | Tensor): void {
    checkAssignable(this.name, this, value)
    this.#pending = value
  }

  /** Brings the value to where `buffer` can give it. */
  async settle(backend: Backend): Promise<void> {
    if (this.#pending instanceof Tensor) {
      const pending = this.#pending, host = await (pending.memo ?? runtimeOf(this.tensor).evaluate([pending]).then(([h]) => h))
      if (this.#pending === pending) this.#pending = host
    }
    const host = this.#pending ?? (this.#placed && this.#placed.backend !== backend ? await this.read() : null)
    if (!host || host instanceof Tensor) return
    const buffer = await backend.upload(host.data, this.dtype)
    this.#placed?.buffer.dispose()
    this.#placed = { backend, buffer }
    this.#pending = null
  }

  /** The device buffer; `settle` was awaited. */
  buffer(backend: Backend): DeviceBuffer {
    if (!this.#placed || this.#pending || this.#placed.backend !== backend) throw new NameError(`${this.name}: the value is not on ${backend.name} yet; await the run instead`)
    return this.#placed.buffer
  }

  /** A copy of the value. */
  async read(): Promise<HostArray> {
    if (this.#pending instanceof Tensor) return (await runtimeOf(this.tensor).evaluate([this.#pending]))[0]
    if (this.#pending) return hostArray(this.#pending.data.slice(), this.shape, this.dtype)
    return hostArray(await this.#placed!.backend.download(this.#placed!.buffer), this.shape, this.dtype)
  }

  dispose(): void { this.#placed?.buffer.dispose(); this.#placed = null }
}

/** A value to set: graphs stay graphs, data is copied, so that later changes of the array do not show. */
export const initialValue = (value: TensorLike, dtype?: DType): HostArray | Tensor => {
  if (value instanceof Tensor) return value
  const host = toHostArray(value, dtype)
  return ArrayBuffer.isView(value) || host === value ? hostArray(host.data.slice(), host.shape, host.dtype) : host
}
