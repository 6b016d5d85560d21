export { cpu } from './cpu.ts'
export type { CpuOptions } from './cpu.ts'
export type { CpuKernel, CpuKernelCall, KernelArray } from './kernels/kernel.ts'
export type { DeviceArray } from './memory/device-memory.ts'
