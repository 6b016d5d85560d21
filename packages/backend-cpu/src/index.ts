export { cpu } from './cpu.ts'
export type { CpuOptions } from './options.ts'
export type { ExecutorFactory, NodeWorker, PageWorker } from './worker/factory.ts'
export type { CpuKernel, CpuKernelCall, KernelArray } from './kernels/kernel.ts'
export type {
  CpuBlas,
  CpuWorkspaceKernel,
  MatrixView,
  PreparedCall,
  ShapedCall,
  Tools,
} from './kernels/workspace-kernel.ts'
export type { DeviceArray } from './memory/device-memory.ts'
