import { convolution } from '../convolution/convolution.ts'
import type { PrepareKernel } from './device-kernel.ts'

/** Kernels on addresses, by the name of their op. */
export const deviceKernels: Readonly<Record<string, PrepareKernel>> = { convolution }
