import { attention } from '../attention/attention.ts'
import { attentionGradient } from '../attention/gradient.ts'
import { convolution } from '../convolution/convolution.ts'
import { convolutionWeightGradient } from '../convolution/weight-gradient.ts'
import { avgPool } from '../pooling/avg-pool.ts'
import { maxPoolGradient } from '../pooling/max-pool-gradient.ts'
import { maxPool } from '../pooling/max-pool.ts'
import type { PrepareKernel } from './device-kernel.ts'

/** Kernels on addresses, by the name of their op. */
export const deviceKernels: Readonly<Record<string, PrepareKernel>> = {
  convolution,
  convolutionWeightGradient,
  maxPool,
  maxPoolGradient,
  avgPool,
  attention,
  attentionGradient,
}
