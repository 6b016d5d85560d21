import {
  allocate,
  checkDType,
  dtypeOf,
  duplicate,
  elementOf,
  isStorage,
  plain,
  type DType,
  type TypedArray,
} from './dtype.ts'
import { DTypeError, OutOfMemoryError, ShapeError } from './errors.ts'
import { fromHalves, toHalf } from './half.ts'
import { printable, printed } from './print.ts'
import { demand } from './settings.ts'
import { checkShape, show, sizeOf } from './shape.ts'

/** Nested arrays of one shape, the leaves all numbers or all booleans. */
export type NestedArray = number | boolean | readonly NestedArray[]
/** Host data of every form that is accepted as a value. Typed arrays are flat. */
export type ArrayLike = NestedArray | ArrayBufferView | HostArray

/** An array in host memory, row-major. */
export interface HostArray {
  readonly shape: readonly number[]
  readonly dtype: DType
  /** The elements: of float16 their bits, which `item` and `array` give as numbers. */
  readonly data: TypedArray
  /** The only element. @throws ShapeError where there is not exactly one */
  item(): number
  /** Nested arrays of the shape; a number for rank 0. Bools come as booleans. The type is what the caller says it is:
   * `array<number[][]>()`.
   * @throws OutOfMemoryError where over 2^20 empty arrays would be nested, as [2^40, 0] asks for; ShapeError where its
   * memory was transferred or resized, and for more than 256 axes */
  array<T extends NestedArray = NestedArray>(): T
  /** Dtype, shape and values; of long axes the ends. */
  toString(): string
}

/** Axes that nested arrays may have: those that hold themselves have no end, and files may say any number. */
const MAX_RANK = 256
// Arrays of elements number fewer than those; empty ones could fill any heap. These take 40 MB.
const MAX_EMPTY = 2 ** 20

class Host implements HostArray {
  static {
    printable(this.prototype)
  }
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data: TypedArray

  constructor(data: TypedArray, shape: readonly number[], dtype: DType) {
    this.data = data
    this.dtype = dtype
    this.shape = Object.isFrozen(shape) ? shape : Object.freeze([...shape])
  }
  item(): number {
    if (this.data.length !== 1)
      throw new ShapeError(`item: one element required, got ${show(this.shape)}; use array() or data`)
    return numbersOf(this)[0]
  }
  array<T extends NestedArray>(): T {
    checkWhole('array', this)
    if (this.shape.length > MAX_RANK)
      throw new ShapeError(`array: at most ${MAX_RANK} axes allowed, got ${this.shape.length}; use data`)
    let level: NestedArray[] =
      this.dtype === 'bool' ? Array.from(this.data, Boolean) : Array.from(numbersOf(this) as Float64Array)
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      const n = this.shape[axis]
      const count = sizeOf(this.shape.slice(0, axis))
      if (count > Math.max(MAX_EMPTY, this.data.length))
        throw new OutOfMemoryError(`array: ${count} nested arrays required for ${show(this.shape)}; use data`)
      level = Array.from({ length: count }, (_, i) => level.slice(i * n, i * n + n))
    }
    return level[0] as T
  }
  toString(): string {
    return `HostArray ${this.dtype} ${show(this.shape)} ${valuesOf(this)}`
  }
  /** All values; what JSON has no number for is null. */
  toJSON(): object {
    return { dtype: this.dtype, shape: this.shape, values: this.array() }
  }
}

/** The values as text, of many some from each end. */
export const valuesOf = (host: HostArray): string => {
  const { data, shape, dtype } = checkWhole('toString', host)
  if (shape.length > MAX_RANK) return '...'
  return printed(shape, (i) => new Host(data.subarray(i, i + 1), [], dtype).array() as number | boolean)
}

/** An array whose memory is still there. @throws ShapeError where it was transferred or resized since */
function checkWhole<T extends Pick<HostArray, 'data' | 'shape'>>(name: string, host: T): T {
  const size = sizeOf(host.shape)
  const { length, buffer } = host.data
  // What is empty tells it in no other way; older engines do not.
  const isGone = (buffer as { readonly detached?: boolean }).detached
  if (isGone || length !== size)
    throw new ShapeError(
      `${name}: ${size} elements required for ${show(host.shape)}, got ` +
        (isGone ? 'memory that was transferred' : length),
    )
  return host
}

const numbersOf = ({ data, dtype }: Pick<HostArray, 'data' | 'dtype'>): TypedArray =>
  dtype === 'float16' ? fromHalves(data) : data

/** Wraps `data`; bytes other than 0 and 1 for bools are copied as 1. @throws ShapeError where its length is not the
 * shape's size, DTypeError where it is not `dtype`'s array
 * @example hostArray(new Float32Array(6), [2, 3]).array() */
export function hostArray(
  data: TypedArray,
  shape: readonly number[] = [data?.length],
  dtype: DType = dtypeOf(data) ?? 'float16',
): HostArray {
  demand(ArrayBuffer.isView(data), 'hostArray', 'a typed array', data)
  checkShape('hostArray', shape)
  checkDType('hostArray', dtype)
  checkWhole('hostArray', { data, shape })
  if (!isStorage(data, dtype)) throw new DTypeError(`hostArray: ${dtype} data required, got ${data.constructor.name}`)
  const own = plain(data, dtype)
  return new Host(dtype === 'bool' && own.some((v) => v > 1) ? own.map((v) => v && 1) : own, shape, dtype)
}

/** An array of what is known to be elements of its dtype, and as many as its shape says. */
export const wrapped = (data: TypedArray, shape: readonly number[], dtype: DType): HostArray =>
  new Host(data, shape, dtype)

/** The same values in memory of their own. */
export const copyOf = ({ data, shape, dtype }: HostArray): HostArray => new Host(duplicate(data, dtype), shape, dtype)

export const isHostArray = (value: unknown): value is HostArray => value instanceof Host

/** The shape of nested arrays. @throws ShapeError where rows differ */
function shapeOf(value: NestedArray, depth = 0): number[] {
  if (!Array.isArray(value)) return []
  if (depth > MAX_RANK) throw new ShapeError(`tensor: at most ${MAX_RANK} axes allowed`)
  // What a sparse array lacks is seen too.
  const [first, ...rest] = Array.from(value, (v: NestedArray) => shapeOf(v, depth + 1))
  for (const r of rest)
    if (String(r) !== String(first)) throw new ShapeError(`tensor: rows must have one shape, got ${show(first, r)}`)
  return [value.length, ...(first ?? [])]
}

/** Any accepted value as a HostArray; `dtype` converts, floats to the nearest one. Numbers become float32, booleans
 * bool, where none is asked for. A Uint16Array is integers, or under dtype 'float16' the bits of floats.
 * @throws ShapeError for ragged rows, and memory that was transferred;
 * DTypeError for values that `dtype` cannot hold exactly (NaN or 1.5 as int32) */
export function toHostArray(value: ArrayLike, dtype?: DType): HostArray {
  if (dtype !== undefined) checkDType('tensor', dtype)
  if (isHostArray(value)) {
    checkWhole('tensor', value)
    return dtype && dtype !== value.dtype ? hostArray(convert(numbersOf(value), dtype), value.shape, dtype) : value
  }
  if (ArrayBuffer.isView(value)) {
    // Float16Array, which not all engines have.
    if (Object.prototype.toString.call(value) === '[object Float16Array]')
      return toHostArray(hostArray(new Uint16Array(value.buffer, value.byteOffset, value.byteLength / 2)), dtype)
    const own = dtypeOf(value)
    const data = value as unknown as { readonly length: number; readonly [i: number]: number }
    if (!own && (value instanceof DataView || typeof data[0] === 'bigint'))
      throw new DTypeError('tensor: number arrays required, got BigInt or DataView')
    checkWhole('tensor', { data: value as never, shape: [data.length] })
    // A Uint8Array is numbers, unless bool is asked for.
    const kind = dtype ?? (own === 'float32' || own === 'float64' || own === 'uint32' ? own : 'int32')
    return hostArray(isStorage(value, kind) ? (value as never) : convert(data, kind), [data.length], kind)
  }
  const shape = shapeOf(value)
  const flat = (shape.length ? (value as unknown[]).flat(shape.length - 1) : [value]) as (number | boolean)[]
  const kind = dtype ?? (flat.length > 0 && flat.every((v) => typeof v === 'boolean') ? 'bool' : 'float32')
  return hostArray(convert(flat, kind), shape, kind)
}

function convert(
  source: { readonly length: number; readonly [i: number]: number | boolean },
  dtype: DType,
): TypedArray {
  const out = allocate(dtype, source.length)
  for (let i = 0; i < source.length; i++) {
    const x = elementOf('tensor', source[i], dtype)
    out[i] = dtype === 'float16' ? toHalf(x) : x
  }
  return out
}
