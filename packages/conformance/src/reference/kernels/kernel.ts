import type { DType, TypedArray } from '@gradloom/core'

/** A whole contiguous array that a named kernel reads or fills. */
export interface KernelArray {
  readonly data: TypedArray
  readonly shape: readonly number[]
  readonly dtype: DType
}

/** A named kernel of the reference backend; plugins register theirs under `kernels.reference`. */
export type ReferenceKernel = (attrs: never, inputs: readonly KernelArray[], outputs: readonly KernelArray[]) => void
