import { checkIndices } from './checkIndices.ts'
import { take, takeAlongAxis } from './gather.ts'
import type { ReferenceKernel } from './kernel.ts'
import { cumprod, cumsum } from './scan.ts'
import { scatterAdd, scatterAddAlongAxis } from './scatter.ts'
import { argsort, sort, topK } from './sort.ts'

/** Kernels by op name. */
export const kernels: ReadonlyMap<string, ReferenceKernel> = new Map<string, ReferenceKernel>(
  Object.entries({
    take,
    takeAlongAxis,
    scatterAdd,
    scatterAddAlongAxis,
    sort,
    argsort,
    topK,
    cumsum,
    cumprod,
    checkIndices,
  }),
)
