import { KernelError, sizeOf, type Places, type Step } from '@gradloom/core'
import { builtIn } from '../kernels/index.ts'
import type { CpuKernel, KernelArray } from '../kernels/kernel.ts'
import type { DeviceMemory } from '../memory/device-memory.ts'
import { bareStep, type ReadyStep } from './step.ts'

type Call = Extract<Step, { type: 'kernel' }>

/** The kernel of an op: a plugin's, or the backend's own. @throws KernelError where there is none */
function findKernel(name: string, kernels: ReadonlyMap<string, unknown>): CpuKernel {
  const kernel = kernels.get(name) ?? (Object.hasOwn(builtIn, name) ? builtIn[name] : undefined)
  if (typeof kernel !== 'function')
    throw new KernelError(
      `${name}: a cpu kernel required, got ${typeof kernel}; register one under kernels.cpu, or give the op a ` +
        `decompose`,
    )
  return kernel as CpuKernel
}

/** A kernel on views. They are made anew at each call: growing the memory ends them, and inputs move. */
export function namedStep(
  { name, inputs, outputs, attrs }: Call,
  kernels: ReadonlyMap<string, unknown>,
  device: DeviceMemory,
): ReadyStep {
  const kernel = findKernel(name, kernels)
  return bareStep(({ buffers }) => {
    const arrays = (list: typeof inputs): Places<KernelArray> =>
      list.map(({ buffer, shape, dtype }) => ({
        data: device.view(dtype, buffers[buffer], sizeOf(shape)),
        shape,
        dtype,
      })) as never
    kernel({ inputs: arrays(inputs), outputs: arrays(outputs), attrs: attrs as never })
  })
}
