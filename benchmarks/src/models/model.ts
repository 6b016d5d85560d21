import { integers, uniform } from '../inputs.ts'
import { seeds } from '../workload.ts'

/** A parameter, drawn from [-bound, bound) around `center`. */
export interface Parameter {
  readonly name: string
  readonly shape: readonly number[]
  readonly bound: number
  readonly center?: number
}
/** A part of a batch: numbers in [0, 1), or whole numbers below `below`. */
export interface BatchPart {
  readonly name: string
  readonly shape: readonly number[]
  readonly below?: number
}
export interface Model {
  readonly parameters: readonly Parameter[]
  readonly batch: (size: number) => readonly BatchPart[]
  /** Floating-point operations of the products of one forward pass. */
  readonly forwardFlops: (size: number) => number
  /** Those of the first layer, where its input is data, which needs no gradient. */
  readonly firstFlops: (size: number) => number
  /** Small, so that the measured steps do not reach a loss whose gradients underflow. */
  readonly learningRate: { readonly sgd: number; readonly adam: number }
}

/** Glorot's bound for a layer of these widths. */
export const glorot = (fanIn: number, fanOut: number): number => Math.sqrt(6 / (fanIn + fanOut))
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Steps go through this many batches in turn. */
export const BATCHES = 4

export type ParameterValues = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }
>
export const initialParameters = ({ parameters }: Model): ParameterValues =>
  new Map(
    parameters.map(({ name, shape, bound, center = 0 }, i) => [
      name,
      { shape, data: uniform(sizeOf(shape), seeds.parameters + i, center - bound, center + bound) },
    ]),
  )

export interface BatchValue {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>
}
/** The batches of a model, each a list of its parts in order. */
export const batchValues = (model: Model, size: number): BatchValue[][] =>
  Array.from({ length: BATCHES }, (_, b) =>
    model.batch(size).map(({ name, shape, below }, i) => {
      const seed = seeds.batches + 10 * b + i
      const length = sizeOf(shape)
      return { name, shape, data: below === undefined ? uniform(length, seed, 0, 1) : integers(length, seed, below) }
    }),
  )
