export { webgpu } from './webgpu.ts'
export type { WebgpuOptions } from './options.ts'
export type { KernelLimits } from './device/limits.ts'
export type { Tuning } from './kernels/tuning.ts'
