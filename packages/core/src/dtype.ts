import { DTypeError } from './errors.ts'
import { fromHalves, toHalf } from './half.ts'
import { shown } from './settings.ts'

export type DType = 'float32' | 'float64' | 'float16' | 'int32' | 'uint32' | 'bool'
/** Host storage by dtype: bool is one byte (0 or 1), float16 its raw bits in a Uint16Array. */
export type TypedArray = Float32Array | Float64Array | Uint16Array | Int32Array | Uint32Array | Uint8Array

/** In promotion order: of two dtypes the later one wins. Integers meet floats as floats; bool meets all. */
const ARRAYS = {
  bool: Uint8Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const
const ORDER = Object.keys(ARRAYS) as readonly DType[]

/** The dtype of an operation on `a` and `b`. */
export const promote = (a: DType, b: DType): DType => (ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b)

export const isFloat = (dtype: DType): boolean => ORDER.indexOf(dtype) > 2

/** `dtype` itself if it is a float, else float32. */
export const toFloat = (dtype: DType): DType => (isFloat(dtype) ? dtype : 'float32')

export type Literal = number | boolean
export const isLiteral = (x: unknown): x is Literal => typeof x === 'number' || typeof x === 'boolean'

/** The ends of the range of an integer dtype. */
export const rangeOf = (dtype: DType): readonly [least: number, most: number] =>
  dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1]

/** Whether a dtype has the number exactly. */
export const holds = (dtype: DType, value: number): boolean => roundTo(value, dtype) === value

/** The dtype that a literal meets a tensor of `dtype` with. A boolean takes any, and so does a number beside floats, to
 * which it is rounded. Beside integers a whole number takes their dtype where that has it, or else int32 where that has
 * it (beside bool too: a number is never a bool). What neither has is float32, and makes the result so: fractions, NaN,
 * infinities, and numbers beyond the range, which NumPy refuses; their sums are then right to 24 bits, where wrapping
 * them would give another number. Comparisons and `clip`, whose results a dtype always has, take such numbers as they
 * are. Where a dtype is asked for (`full`, `arange`, `tensor`), what it does not have is refused. */
export const literalDType = (value: Literal, dtype: DType = typeof value === 'boolean' ? 'bool' : 'float32'): DType =>
  typeof value === 'boolean' || isFloat(dtype)
    ? dtype
    : (([dtype, 'int32'] as const).find((d) => d !== 'bool' && holds(d, value)) ?? 'float32')

/** A literal as an element of `dtype`. @throws DTypeError where it is none, or no whole number of its range */
export function elementOf(name: string, value: Literal, dtype: DType): number {
  if (!isLiteral(value) || !(dtype === 'bool' || isFloat(dtype) || holds(dtype, Number(value))))
    throw new DTypeError(`${name}: ${dtype} values required, got ${shown(value)}`)
  return dtype === 'bool' ? roundTo(Number(value), dtype) : Number(value)
}

/** Bytes of an element in a plan. A bool takes a 32-bit word there, as WGSL has no byte storage. */
export const byteSize = (dtype: DType): number => (dtype === 'float64' ? 8 : dtype === 'float16' ? 2 : 4)

/** A host array of `length` zeros. */
export const allocate = (dtype: DType, length: number): TypedArray => new ARRAYS[dtype](length)

type Build = new (data: TypedArray | ArrayBufferLike, byteOffset?: number, length?: number) => TypedArray

/** The same values in memory of their own, which `slice` would fill with zeros first. */
export const duplicate = (data: TypedArray, dtype: DType): TypedArray => new (ARRAYS[dtype] as Build)(data)

/** The same memory as what holds elements of `dtype`: not as a class that extends it, such as Node's Buffer, whose
 * `slice` is no copy. */
export const plain = (data: TypedArray, dtype: DType): TypedArray =>
  data.constructor === ARRAYS[dtype] ? data : new (ARRAYS[dtype] as Build)(data.buffer, data.byteOffset, data.length)

/** The dtype that a typed array stands for; null for arrays that are no tensor storage (BigInt, Int8 ...). */
export const dtypeOf = (data: ArrayBufferView): DType | null =>
  ORDER.find((dtype) => dtype !== 'float16' && data instanceof ARRAYS[dtype]) ?? null

/** Whether `data` is what holds elements of `dtype`. */
export const isStorage = (data: ArrayBufferView, dtype: DType): boolean => data instanceof ARRAYS[dtype]

/** `value` as an element of `dtype` has it: rounded to float32 or float16, wrapped to 32 bits, 0 or 1. */
export const roundTo = (value: number, dtype: DType): number =>
  dtype === 'float32'
    ? Math.fround(value)
    : dtype === 'float16'
      ? fromHalves([toHalf(value)])[0]
      : dtype === 'int32'
        ? value | 0
        : dtype === 'uint32'
          ? value >>> 0
          : dtype === 'bool'
            ? Number(value !== 0)
            : value

/** @throws DTypeError for bool */
export function checkNumbers(name: string, dtype: DType): void {
  if (dtype === 'bool') throw new DTypeError(`${name}: numbers required, got bool; cast first`)
}

/** @throws DTypeError where `dtype` is not a dtype */
export function checkDType(name: string, dtype: string): void {
  if (!ORDER.includes(dtype as DType))
    throw new DTypeError(`${name}: dtype must be one of ${ORDER.join(', ')}, got ${shown(dtype)}`)
}
