import type { Backend, DeviceBuffer } from '../plan/backend.ts'
import { DisposedError, NameError } from '../errors.ts'
import { copyOf, toHostArray, type HostArray } from '../host.ts'
import type { DType } from '../dtype.ts'
import { sourceOf, variableOp, type VariableHome } from '../ops/leaf.ts'
import type { Shape } from '../shape.ts'
import { apply } from '../graph/apply.ts'
import type { Node } from '../graph/node.ts'
import { Tensor, type TensorLike } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { checkAssignable } from './update.ts'

/** A value that a variable is set to: data, or a graph that computes it. */
export type Setting = HostArray | Tensor

/** A named array that keeps its place on a device between runs, on several where several backends use it. What it was
 * set to is on the host, or a graph still to be computed, until the first run that needs it. */
export class Variable {
  readonly name: string
  readonly shape: Shape
  readonly dtype: DType
  /** Made by an optimizer or layer, not listed as a parameter. */
  readonly isState: boolean
  /** The tensor that reads it. */
  readonly tensor: Tensor
  /** What it was last set to, as callers see it: the setting can wait for its turn. */
  #latest: Setting | null
  #pending: Setting | null
  readonly #copies = new Map<Backend, DeviceBuffer>()

  constructor(name: string, value: Setting, isState: boolean, environment: VariableHome, owner: unknown) {
    this.name = name
    this.shape = value.shape
    this.dtype = value.dtype
    this.isState = isState
    this.#pending = this.#latest = value
    const attrs = { name, isState, shape: this.shape, dtype: this.dtype, environment, owner, variable: this }
    this.tensor = apply(variableOp, [], attrs as never)
  }

  /** @throws ShapeError, DTypeError where `value` has another shape or dtype; NameError where it reads this variable */
  check(value: Setting): void {
    checkAssignable(this.name, this, value)
    if (value instanceof Tensor && this.#isBehind(value))
      throw new NameError(`${this.name}: the value reads it; assign it in a step`)
    this.#latest = value
  }

  /** Takes a value that `check` let pass. What is on devices stays there, for runs on their way, until it is
   * replaced. */
  set(value: Setting): void {
    this.#pending = value
  }

  /** Whether computing `t` needs the value of this variable, also through values that others were set to. */
  #isBehind(t: Tensor): boolean {
    return topological([t]).some(({ attrs }) => {
      const v = (attrs as { readonly variable?: unknown } | undefined)?.variable
      return v === this || (v instanceof Variable && v.#latest instanceof Tensor && this.#isBehind(v.#latest))
    })
  }

  /** What is still to be brought to a device; null where nothing is. */
  get pending(): Setting | null {
    return this.#pending
  }

  isOn(backend: Backend): boolean {
    return !this.#pending && this.#copies.has(backend)
  }

  /** A backend that has the value, where any does. */
  get home(): Backend | undefined {
    return this.#copies.keys().next().value
  }

  /** The value is now in this buffer, and nowhere else. */
  replace(backend: Backend, buffer: DeviceBuffer): void {
    const old = [...this.#copies.values()]
    this.#copies.clear()
    this.#copies.set(backend, buffer)
    this.#pending = null
    for (const b of old) b.dispose()
  }

  /** The value is in this buffer too. */
  addCopy(backend: Backend, buffer: DeviceBuffer): void {
    this.#copies.set(backend, buffer)
  }

  /** A run on this backend writes it: copies elsewhere are old. */
  wrote(backend: Backend): void {
    for (const [other, buffer] of this.#copies) {
      if (other === backend) continue
      buffer.dispose()
      this.#copies.delete(other)
    }
  }

  /** @throws DisposedError; NameError where the value is not there */
  buffer(backend: Backend): DeviceBuffer {
    const buffer = this.isOn(backend) ? this.#copies.get(backend) : undefined
    if (buffer) return buffer
    if (!this.#pending && !this.home)
      throw new DisposedError(
        `${this.name}: it was disposed; if another optimizer took its place, give that one another name`,
      )
    throw new NameError(`${this.name}: the value is not on ${backend.name} yet; await the run instead`)
  }

  dispose(): void {
    for (const buffer of this.#copies.values()) buffer.dispose()
    this.#copies.clear()
    this.#pending = null
  }
}

/** Whether a node reads a variable. */
export const isVariable = (node: Node): boolean => sourceOf(node) === 'variable'

/** The variable that a leaf reads. */
export const variableOf = ({ attrs }: { readonly attrs: unknown }): Variable =>
  (attrs as { readonly variable: Variable }).variable

/** A value to set: graphs stay graphs, data is copied, so that later changes of the array do not show. */
export const settingOf = (value: TensorLike, dtype?: DType): Setting =>
  value instanceof Tensor ? value : copyOf(toHostArray(value, dtype))
