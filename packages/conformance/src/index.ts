export { reference } from './reference/reference.ts'
export type { KernelArray, ReferenceKernel } from './reference/kernels/kernel.ts'
