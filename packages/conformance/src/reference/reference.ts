import {
  BackendError,
  byteSize,
  type Backend,
  type Capabilities,
  type DType,
  type Executable,
  type Plan,
  type TypedArray,
} from '@gradloom/core'
import { ReferenceBuffer, ownBuffer } from './buffer.ts'
import { createExecutable, type Values } from './executable.ts'
import { kernels as builtIn } from './kernels/index.ts'
import type { ReferenceKernel } from './kernels/kernel.ts'

/** A backend that interprets plans element by element, unfused: slow, and what other backends are compared with.
 * float64 arithmetic with results rounded to their dtype; sums are compensated. It finds plans that read what nothing
 * wrote.
 * @example createRuntime({ backends: [reference()] }) */
export function reference(): Backend {
  const buffers = new Set<ReferenceBuffer>()
  const plans = new Map<Executable, number>()
  let closed = false
  const capabilities: Capabilities = Object.freeze({
    dtypes: ['float32', 'float64', 'float16', 'int32', 'uint32', 'bool'] as const,
    kernels: [...builtIn.keys(), 'scan', 'cond'],
    inline: true,
    fuse: false,
  })
  const open = (): void => {
    if (closed) throw new BackendError('reference: an open backend required, this one was closed; create another')
  }
  const values: Values = {
    keep(data, dtype) {
      const buffer = new ReferenceBuffer(buffers, data, dtype, (b) => buffers.delete(b))
      buffers.add(buffer)
      return buffer
    },
    dataOf: (buffer) => ownBuffer(buffer, buffers).data,
  }
  const prepareSync = (plan: Plan, plugins: ReadonlyMap<string, unknown>): Executable => {
    open()
    const all = new Map([...builtIn, ...(plugins as ReadonlyMap<string, ReferenceKernel>)])
    const executable = createExecutable(plan, all, values, () => plans.delete(executable))
    plans.set(executable, plan.arenaBytes)
    return executable
  }
  return Object.freeze({
    name: 'reference',
    capabilities,
    start: async () => open(),
    prepare: async (plan: Plan, plugins: ReadonlyMap<string, unknown>) => prepareSync(plan, plugins),
    prepareSync,
    upload: async (data: TypedArray, dtype: DType) => {
      open()
      return values.keep(data.slice(), dtype)
    },
    download: async (buffer: Parameters<Backend['download']>[0]) => values.dataOf(buffer).slice(),
    memory: () => {
      const arena = [...plans.values()].reduce((a, b) => Math.max(a, b), 0)
      const kept = [...buffers].reduce((sum, b) => sum + b.size * byteSize(b.dtype), 0)
      return { arena, buffers: kept, reserved: arena + kept }
    },
    close: async () => {
      closed = true
      for (const buffer of buffers) buffer.dispose()
      plans.clear()
    },
  })
}
