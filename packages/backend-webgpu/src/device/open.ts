import { BackendError } from '@gradloom/core'
import { HARDWARE_TUNING, SOFTWARE_TUNING, type Tuning } from '../kernels/tuning.ts'
import type { WebgpuOptions } from '../options.ts'
import { TIMES } from '../run/clock.ts'
import { LIMIT_NAMES, type KernelLimits } from './limits.ts'

/** A device, and what kernels keep to on it. */
export interface Opened {
  readonly device: GPUDevice
  readonly limits: KernelLimits
  readonly tuning: Tuning
  /** Whoever awaits it polls for it. */
  readonly isPolled: boolean
  /** It is another's, and stays when the backend is closed. */
  readonly isShared: boolean
}

/** The feature by which shaders have a type of 16 bits. */
export const HALF = 'shader-f16'

/** What an adapter is asked for beyond the limits that every one has. */
const RAISED: readonly (keyof KernelLimits)[] = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
]

const next = 'put cpu() behind it in the list of backends, or use cpu() alone'

/** What a function of the platform's, or of the user's, gives. @throws BackendError where it fails */
async function answerOf<T>(name: string, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (cause instanceof BackendError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new BackendError(`webgpu: WebGPU required, ${name} failed: ${message}; mend that, or ${next}`, { cause })
  }
}

async function gpuOf({ gpu }: WebgpuOptions): Promise<GPU> {
  const found = typeof gpu === 'function' ? await answerOf('gpu()', gpu) : (gpu ?? globalThis.navigator?.gpu)
  if (typeof found?.requestAdapter === 'function') return found
  if (found) throw new BackendError('webgpu: a gpu with requestAdapter required, got another object from the function')
  throw new BackendError(
    `webgpu: navigator.gpu required, which is not there: the browser has no WebGPU or the page is not secure ` +
      `(https), or this is Node, where the npm package webgpu has it: webgpu({ gpu: nodeGpu }); or ${next}`,
  )
}

async function adapterOf(options: WebgpuOptions, gpu: GPU | null): Promise<GPUAdapter> {
  if (!gpu) return options.adapter!
  const { powerPreference } = options
  const adapter = await answerOf('requestAdapter()', () =>
    gpu.requestAdapter(powerPreference ? { powerPreference } : {}),
  )
  if (typeof adapter?.requestDevice === 'function' && adapter.limits) return adapter
  throw new BackendError(`webgpu: an adapter required, WebGPU offers none on this machine; ${next}`)
}

/** A device in software has no lanes to fill, and takes the longer to compile a kernel the larger its workgroups are:
 * SwiftShader 5 s for a normalisation with 256 invocations, 0.8 s with 64. */
const SOFTWARE: Partial<KernelLimits> = { maxComputeInvocationsPerWorkgroup: 32 }

/** Not every browser tells. */
const isSoftware = (device: GPUDevice): boolean =>
  (device.adapterInfo as GPUAdapterInfo | undefined)?.isFallbackAdapter === true

const tuningOf = (device: GPUDevice, given: Partial<Tuning> = {}): Tuning => ({
  ...(isSoftware(device) ? SOFTWARE_TUNING : HARDWARE_TUNING),
  ...given,
})

/** The smaller of the device's limits and those that were asked for. */
function limitsOf(device: GPUDevice, asked: Partial<KernelLimits> = {}): KernelLimits {
  const software = isSoftware(device) ? SOFTWARE : {}
  const most = (name: keyof KernelLimits): number =>
    Math.min(device.limits[name], asked[name] ?? software[name] ?? Infinity)
  const entries = LIMIT_NAMES.map((name) => [name, most(name)] as const)
  return Object.fromEntries(entries) as unknown as KernelLimits
}

const opened = (
  device: GPUDevice,
  asked: Partial<KernelLimits>,
  tuning: Partial<Tuning> | undefined,
  isShared: boolean,
): Opened => ({
  device,
  limits: limitsOf(device, asked),
  tuning: tuningOf(device, tuning),
  isPolled: isSoftware(device) && isInNode(),
  isShared,
})

const isInNode = (): boolean =>
  (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined

/** Asks for a device. @throws BackendError where there is no WebGPU, no adapter, or it refuses */
export async function openDevice(options: WebgpuOptions): Promise<Opened> {
  const { device: given, limits: asked = {}, tuning } = options
  if (given) return opened(given, asked, tuning, true)
  const gpu = options.adapter ? null : await gpuOf(options)
  const adapter = await adapterOf(options, gpu)
  const requiredLimits: Record<string, number> = {}
  for (const name of RAISED) requiredLimits[name] = adapter.limits[name]
  for (const name of LIMIT_NAMES) {
    const wanted = asked[name]
    if (wanted === undefined) continue
    if (wanted > adapter.limits[name])
      throw new BackendError(
        `webgpu: limits.${name} of at most ${adapter.limits[name]} required, which is what the adapter has, got ` +
          `${wanted}`,
      )
    // Smaller ones are what kernels keep to, the device itself has no less than WebGPU's own.
    if (!RAISED.includes(name)) requiredLimits[name] = wanted
  }
  try {
    const requiredFeatures: GPUFeatureName[] = ([HALF, TIMES] as const).filter((name) => adapter.features.has(name))
    const device = await adapter.requestDevice({ requiredFeatures, requiredLimits })
    // In Node a device that outlives what it comes from crashes the process.
    Object.defineProperty(device, 'gradloomGpu', { value: gpu })
    return opened(device, asked, tuning, false)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new BackendError(`webgpu: the adapter refused a device: ${message}; ask for less in limits, or ${next}`, {
      cause,
    })
  }
}
