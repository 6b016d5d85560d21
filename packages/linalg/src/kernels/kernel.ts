import { isFloat, sizeOf, type DType, type Places, type TypedArray } from '@gradloom/core'
import { LinalgError, ofMatrix } from '../errors.ts'

/** A contiguous array that a kernel reads or fills. */
export interface KernelArray {
  readonly data: TypedArray
  readonly shape: readonly number[]
  readonly dtype: DType
}

export interface KernelCall<A> {
  readonly inputs: Places<KernelArray>
  readonly outputs: Places<KernelArray>
  readonly attrs: A
}

/** Fills the outputs, at once: the kernel of an op as backend-cpu takes it. */
export type Kernel<A = never> = (call: KernelCall<A>) => void

/** Where an op stands in a stack of matrices. */
export interface Place {
  readonly index: number
  readonly count: number
}

const copyIn = (name: string, { data, dtype }: KernelArray, to: Float64Array, place: Place): void => {
  const from = place.index * to.length
  const isReal = isFloat(dtype)
  for (let i = 0; i < to.length; i++) {
    const v = Number(data[from + i])
    if (isReal && v - v !== 0)
      throw new LinalgError(
        'NOT_FINITE',
        `${name}: finite numbers required, got ${v} at element ${i}${ofMatrix(place.index, place.count)}; ` +
          `find where it comes from with debugNaN`,
      )
    to[i] = v
  }
}

const copyOut = (name: string, from: Float64Array, { data }: KernelArray, place: Place): void => {
  for (let i = 0; i < from.length; i++)
    if (Number.isNaN(from[i]))
      throw new LinalgError(
        'NOT_FINITE',
        `${name}: numbers in a range that it can compute in required, got NaN for ` +
          `element ${i}${ofMatrix(place.index, place.count)} of the result; scale the input`,
      )
  data.set(from as never, place.index * from.length)
}

/** Calls `work` for each matrix of a stack: with inputs as float64 numbers, which it may change, and outputs that are
 * copied back, rounded to their dtype. @throws LinalgError for what is not finite, and for results
 * that are no numbers */
export function eachMatrix(
  name: string,
  count: number,
  inputs: readonly KernelArray[],
  outputs: readonly KernelArray[],
  work: (inputs: Places<Float64Array>, outputs: Places<Float64Array>, place: Place) => void,
): void {
  if (count === 0) return
  const room = ({ shape }: KernelArray): Float64Array => new Float64Array(sizeOf(shape) / count)
  const from = inputs.map(room)
  const to = outputs.map(room)
  for (let index = 0; index < count; index++) {
    const place = { index, count }
    for (let i = 0; i < from.length; i++) copyIn(name, inputs[i], from[i], place)
    work(from as never, to as never, place)
    for (let i = 0; i < to.length; i++) copyOut(name, to[i], outputs[i], place)
  }
}

/** How many matrices the last two axes of a shape leave. */
export const stackSize = (shape: readonly number[]): number => sizeOf(shape.slice(0, -2))

/** Backend-cpu takes kernels as they are; the reference backend has the parts of a call in a row. */
export const onReference =
  (kernel: Kernel) =>
  (attrs: never, inputs: Places<KernelArray>, outputs: Places<KernelArray>): void =>
    kernel({ attrs, inputs, outputs })
