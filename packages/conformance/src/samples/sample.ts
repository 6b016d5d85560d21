import type { NestedArray, Tensor } from '@gradloom/core'
import type { Input } from './data.ts'

/** A program on small data around one public function, and what is known of its results. */
export interface Sample {
  /** The public function. */
  readonly op: string
  /** What is special about it. */
  readonly name: string
  readonly inputs: readonly Input[]
  readonly fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[]
  /** Derivatives that exist at the inputs, compared with differences: 2, 1 or 0. */
  readonly order: 0 | 1 | 2
  /** Values that theory asks for, an array an output. Others come from the reference backend. */
  readonly want?: readonly NestedArray[]
  /** Gradients of the sum of all outputs, by input; null where there is none. */
  readonly wantGrads?: readonly (NestedArray | null)[]
  /** Too large for differences, which need two runs an element: backends are compared only. */
  readonly large?: boolean
}

type Rest = Partial<Omit<Sample, 'op' | 'name' | 'inputs' | 'fn'>>

/** A sample that is smooth to second order, unless `rest` says otherwise. */
export const sample = (
  op: string,
  name: string,
  inputs: readonly Input[],
  fn: Sample['fn'],
  rest: Rest = {},
): Sample => ({ op, name, inputs, fn, order: 2, ...rest })

/** A sample with known values and no derivatives of interest. */
export const exact = (
  op: string,
  name: string,
  inputs: readonly Input[],
  fn: Sample['fn'],
  ...want: NestedArray[]
): Sample => ({ op, name, inputs, fn, order: 0, want })
