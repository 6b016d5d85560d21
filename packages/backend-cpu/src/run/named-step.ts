import { KernelError, type Step } from '@gradloom/core'
import { builtIn } from '../kernels/index.ts'
import type { CpuKernel, KernelArray } from '../kernels/kernel.ts'
import type { DeviceMemory } from '../memory/device-memory.ts'

/** The kernel of an op: a plugin's, or the backend's own. @throws KernelError where there is none */
export function findKernel(name: string, kernels: ReadonlyMap<string, unknown>): CpuKernel {
  const kernel = kernels.get(name) ?? (Object.hasOwn(builtIn, name) ? builtIn[name] : undefined)
  if (typeof kernel !== 'function') throw new KernelError(`${name}: a cpu kernel required, got ${typeof kernel}; register one under kernels.cpu, or give the op a decompose`)
  return kernel as CpuKernel
}

/** Views are made anew at each call: growing the memory ends them, and inputs move. */
export function namedStep({ inputs, outputs, attrs }: Extract<Step, { type: 'kernel' }>, kernel: CpuKernel, addresses: readonly number[], device: DeviceMemory): () => void {
  const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
  const arrays = (list: typeof inputs): KernelArray[] =>
    list.map(({ buffer, shape, dtype }) => ({ data: device.view(dtype, addresses[buffer], size(shape)), shape, dtype }))
  return () => kernel({ inputs: arrays(inputs), outputs: arrays(outputs), attrs: attrs as never })
}
