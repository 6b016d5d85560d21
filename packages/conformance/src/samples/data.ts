import { sizeOf, type DType, type NestedArray } from '@gradloom/core'

/** An input of a sample; 'float' takes the precision of the run. Values are float32 numbers, so that every precision
 * gets the same. */
export interface Input {
  readonly shape: readonly number[]
  readonly dtype: 'float' | DType
  readonly data: readonly number[]
}

const make = (shape: readonly number[], at: (i: number) => number): Input => ({
  shape,
  dtype: 'float',
  data: Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(at(i))),
})

/** Distinct numbers of both signs within (-2.2, 2.2), none whole, none near 0. */
export const signed = (shape: readonly number[], salt = 0): Input =>
  make(shape, (i) => {
    const v = 2 * Math.sin(2.4 * i + 1.3 * salt + 0.9) + 0.0037 * i
    return v + (v < 0 ? -0.11 : 0.11)
  })
/** Distinct numbers within (0.2, 3). */
export const positive = (shape: readonly number[], salt = 0): Input =>
  make(shape, (i) => 1.6 + 1.3 * Math.sin(1.9 * i + salt + 0.4) + 0.0029 * i)
/** Distinct numbers within (-0.9, 0.9), none near 0. */
export const unit = (shape: readonly number[], salt = 0): Input =>
  make(shape, (i) => signed([i + 1], salt).data[i] * 0.4)

const flat = (values: NestedArray): number[] =>
  Array.isArray(values) ? (values as NestedArray[]).flatMap(flat) : [Number(values)]
const shapeOf = (values: NestedArray): number[] =>
  Array.isArray(values) ? [values.length, ...(values.length ? shapeOf(values[0] as NestedArray) : [])] : []
const of = (dtype: Input['dtype'], values: NestedArray): Input => ({
  shape: shapeOf(values),
  dtype,
  data: flat(values).map(dtype === 'float' ? Math.fround : (v) => v),
})

/** Given floats, rounded to float32. */
export const floats = (values: NestedArray): Input => of('float', values)
export const ints = (values: NestedArray): Input => of('int32', values)
export const bools = (values: NestedArray): Input => of('bool', values)
