import { KernelError, sizeOf, type Places, type Step } from '@gradloom/core'
import { builtIn } from '../kernels/index.ts'
import type { CpuKernel, KernelArray } from '../kernels/kernel.ts'
import type { DeviceMemory } from '../memory/device-memory.ts'
import { bareStep, type ReadyStep } from './step.ts'

export type Call = Extract<Step, { type: 'kernel' }>

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

/** @throws KernelError where a kernel ends later than its call */
export function refusePromise(name: string, result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return
  // Its own failure is nobody's to handle.
  ;(result as PromiseLike<unknown>).then(undefined, () => undefined)
  throw new KernelError(`${name}: a kernel that fills its outputs at once required, got a promise; write no async`)
}

type Argument = Call['inputs'][number]

/** Views of what a call is given, made anew at each: growing the memory ends them, and inputs move. */
export const viewsOf = (
  list: readonly Argument[],
  buffers: readonly number[],
  device: DeviceMemory,
): Places<KernelArray> =>
  list.map(({ buffer, shape, dtype }) => ({
    data: device.view(dtype, buffers[buffer], sizeOf(shape)),
    shape,
    dtype,
  })) as never

/** A kernel on views. */
export function namedStep(
  { name, inputs, outputs, attrs }: Call,
  kernels: ReadonlyMap<string, unknown>,
  device: DeviceMemory,
): ReadyStep {
  const kernel = findKernel(name, kernels)
  return bareStep(({ buffers }) => {
    const arrays = (list: typeof inputs): Places<KernelArray> => viewsOf(list, buffers, device)
    refusePromise(name, kernel({ inputs: arrays(inputs), outputs: arrays(outputs), attrs: attrs as never }))
  })
}
