import { attention, attentionGradient } from './attention.ts'
import { checkIndices } from './check.ts'
import type { NamedKernel } from './context.ts'
import { convolution } from './convolution.ts'
import { cumprod, cumsum } from './cumulative.ts'
import { take, takeAlongAxis } from './gather.ts'
import { avgPool, maxPool, maxPoolGradient } from './pooling.ts'
import { scatterAdd, scatterAddAlongAxis } from './scatter.ts'
import { argsort, sort, topK } from './sort.ts'
import { convolutionWeightGradient } from './weight-gradient.ts'

const kernels: Readonly<Record<string, NamedKernel<never>>> = {
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
  convolution,
  convolutionWeightGradient,
  maxPool,
  maxPoolGradient,
  avgPool,
  attention,
  attentionGradient,
}

/** Kernels by op name; loops, branches and moves are the executor's own. */
export const builtIn: ReadonlyMap<string, NamedKernel> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(kernels as Readonly<Record<string, NamedKernel>>),
)

/** Ops that have a kernel in this backend. */
export const kernelNames: readonly string[] = [...builtIn.keys(), 'scan', 'cond', 'toHost', 'fromHost']
