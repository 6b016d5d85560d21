import { hasSimd, machineThreads } from '@gradloom/blas-wasm'
import {
  BackendError,
  KernelError,
  type Backend,
  type DeviceBuffer,
  type DType,
  type Executable,
  type LoopKernel,
  type Plan,
  type Step,
  type TypedArray,
} from '@gradloom/core'
import { nestedOf } from '@gradloom/core/extend'
import { liveBuffer } from './errors.ts'
import { createModules } from './kernels/modules.ts'
import { FOUR_GIB, MOST_THREADS, type CpuOptions } from './options.ts'
import { createLoopCompiler, type CompiledLoop } from './loop/compiler.ts'
import { splitLong, type SplitKernel } from './loop/split.ts'
import { createArena } from './memory/arena.ts'
import { createBuffer, type CpuBuffer } from './memory/cpu-buffer.ts'
import { createDeviceMemory, type DeviceMemory } from './memory/device-memory.ts'
import { contractionLoop, gemmStep } from './run/contraction.ts'
import { deviceStep } from './run/device-step.ts'
import { createExecutable, type Owner } from './run/executable.ts'
import { createGemm, type Gemm } from './run/gemm.ts'
import { loopStep } from './run/loop-step.ts'
import { namedStep } from './run/named-step.ts'
import { condStep, scanStep } from './run/nested-step.ts'
import type { ReadyStep } from './run/step.ts'
import { workspaceStep } from './run/workspace-step.ts'
import { createTeam } from './threads/team.ts'

/** What a backend does once it has started and until it is closed, and the memory that it works on. */
export interface InlineBackend extends Omit<Backend, 'name' | 'capabilities'> {
  readonly prepareSync: NonNullable<Backend['prepareSync']>
  readonly device: DeviceMemory
}

const DTYPES: readonly DType[] = ['float32', 'float64', 'float16', 'int32', 'uint32', 'bool']
const PAGE = 65_536

/** The executor, which works in the thread that calls it: `cpu` loads it where its user is, or in a worker. Results can
 * be had synchronously. What `prepareSync` compiles runs on the calling thread but for its products, what `prepare`
 * compiles on all. */
export function createInline({ threads: wanted = 'auto', memoryLimit = FOUR_GIB }: CpuOptions = {}): InlineBackend {
  const threads = wanted === 'auto' ? Math.min(machineThreads(), MOST_THREADS) : wanted
  const device = createDeviceMemory(Math.floor(Math.min(memoryLimit, FOUR_GIB) / PAGE), threads > 1)
  const team = createTeam(threads, device.memory)
  const arena = createArena(device)
  const compiler = createLoopCompiler(team)
  const modules = createModules(team)
  let gemm: Gemm | undefined
  let closed = false
  let buffers = 0
  const live = new Set<CpuBuffer>()

  const keep = (dtype: DType, size: number, isZero = false): CpuBuffer => {
    arena.checkUnused()
    const before = device.used
    const buffer = createBuffer(device, dtype, size, isZero, (b) => {
      live.delete(b)
      buffers -= taken
    })
    const taken = device.used - before
    buffers += taken
    live.add(buffer)
    return buffer
  }
  const owner: Owner = { device, arena, team, keep, closed: () => closed }
  const finish = (
    plan: Plan,
    loops: ReadonlyMap<Step, SplitKernel>,
    compiled: readonly CompiledLoop[],
    kernels: ReadonlyMap<string, unknown>,
  ): Executable => {
    const codeBytes = compiled.reduce((sum, { codeBytes }) => sum + codeBytes, 0)
    let at = 0
    const steps = new Map(
      [...loops].map(([step, split]) => [
        step,
        loopStep(compiled.slice(at, (at += split.kernels.length)), split.scratchBytes, team),
      ]),
    )
    const ready = (step: Step): ReadyStep => {
      const loop = steps.get(step)
      if (loop) return loop
      if (step.type === 'contraction') return gemmStep(step, gemm!, team)
      if (step.type === 'scan') return scanStep(step, ready, device)
      if (step.type === 'cond') return condStep(step, ready, device)
      const call = step as Extract<Step, { type: 'kernel' }>
      return (
        deviceStep(call, kernels, modules) ??
        workspaceStep(call, kernels, device, gemm!, team) ??
        namedStep(call, kernels, device)
      )
    }
    return createExecutable(plan, ready, owner, codeBytes)
  }

  return {
    device,
    async start() {
      if (!hasSimd()) throw new BackendError('cpu: WebAssembly SIMD required, which this engine lacks; update it')
      await team.start()
      gemm ??= await createGemm(team)
    },
    async prepare(plan, kernels) {
      const loops = loopsOf(plan)
      const executable = finish(plan, loops, await compiler.compile(kernelsOf(loops)), kernels)
      try {
        await modules.share()
      } catch (error) {
        executable.dispose()
        throw error
      }
      return executable
    },
    prepareSync(plan, kernels) {
      const loops = loopsOf(plan)
      return finish(plan, loops, compiler.compileSync(kernelsOf(loops)), kernels)
    },
    async upload(data: TypedArray, dtype: DType) {
      const buffer = keep(dtype, data.length)
      device.write(data, dtype, buffer.address)
      return buffer
    },
    async download(buffer: DeviceBuffer) {
      const { dtype, address, size } = liveBuffer<CpuBuffer>(buffer, device)
      return device.read(dtype, address, size)
    },
    memory: () => ({ arena: arena.byteLength, buffers, reserved: device.reserved }),
    async close() {
      closed = true
      for (const buffer of live) buffer.dispose()
      device.close()
      await team.close()
    },
  }
}

/** What loop kernels do, also in nested plans: loops, and contractions of integers. @throws KernelError for a dtype
 * that is not there */
function loopsOf(plan: Plan): Map<Step, SplitKernel> {
  for (const { dtype } of plan.buffers)
    if (!DTYPES.includes(dtype)) throw new KernelError(`cpu: ${DTYPES.join(', ')} required, got ${dtype}; cast it`)
  return new Map(
    plan.steps.flatMap((step): (readonly [Step, SplitKernel])[] => {
      const kernel =
        step.type === 'loop'
          ? step
          : step.type === 'contraction' && !step.dtype.startsWith('float')
            ? contractionLoop(step)
            : null
      return kernel ? [[step, splitLong(kernel)]] : nestedOf(step).flatMap((n) => [...loopsOf(n.plan)])
    }),
  )
}
const kernelsOf = (loops: ReadonlyMap<Step, SplitKernel>): LoopKernel[] =>
  [...loops.values()].flatMap(({ kernels }) => kernels)
