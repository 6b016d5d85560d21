import { checkIndices } from './check-indices.ts'
import type { CpuKernel } from './kernel.ts'
import { cumprod, cumsum } from './scan.ts'
import { argsort, sort, topK } from './sort.ts'
import { scatterAdd, scatterAddAlongAxis, take, takeAlongAxis } from './take.ts'

/** The kernels of core's ops, by name. */
export const builtIn: Readonly<Record<string, CpuKernel>> = {
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
}
