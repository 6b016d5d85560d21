import type { Plugin } from '@gradloom/core'
import { leakySumKernels, leakySumOp } from './leakySum.ts'
import { softcapOp } from './softcap.ts'

/** What the package hands to `createRuntime`. An op that is a formula, or has a decomposition, works without: the
 * plugin brings kernels, and lets tools find ops by name. */
export const acme: Plugin = { name: 'acme', ops: [softcapOp, leakySumOp], kernels: leakySumKernels }
