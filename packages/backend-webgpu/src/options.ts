/// <reference lib="dom" preserve="true" />
import { SettingError } from '@gradloom/core'
import { checkBy, settings, type Rules } from '@gradloom/core/extend'
import { LIMIT_NAMES, type KernelLimits } from './device/limits.ts'
import { HARDWARE_TUNING, type Tuning } from './kernels/tuning.ts'

export interface WebgpuOptions {
  /** Where adapters come from: `navigator.gpu` by default. In Node, a function that makes what the npm package `webgpu`
   * gives: `async () => (await import('webgpu')).create([])`. */
  readonly gpu?: GPU | (() => GPU | Promise<GPU>)
  /** An adapter that was chosen before. */
  readonly adapter?: GPUAdapter
  /** A device that others use too: it stays when the backend is closed. */
  readonly device?: GPUDevice
  /** Which of several adapters is asked for. */
  readonly powerPreference?: GPUPowerPreference
  /** Limits that the device is asked for, by the names of WebGPU; kernels keep to them also where they are below the
   * device's own. By default as much memory as the adapter has. */
  readonly limits?: Partial<KernelLimits>
  /** What `pnpm bench --tune` measured on an adapter; by default that of a card, or of SwiftShader. */
  readonly tuning?: Partial<Tuning>
  /** Bytes of values of which a copy is kept on the host, run by run, so that `runtime.recover()` has them after the
   * device was lost: 64 MiB by default. A run that writes more keeps none, and what it wrote cannot be recovered; 0
   * saves the copies. */
  readonly mirrorBytes?: number
}

const MIRROR_BYTES = 2 ** 26
const rules: Rules = {
  gpu: 'a function or an object with requestAdapter',
  adapter: 'an object with requestDevice',
  device: 'an object with createBuffer',
  powerPreference: "'low-power' or 'high-performance'",
  limits: 'an object',
  tuning: 'an object',
  mirrorBytes: 'a number in [0, Infinity]',
}
const check = /* @__PURE__ */ checkBy(rules)
/** What may be left out. */
const absent = (names: readonly string[]): Record<string, undefined> =>
  Object.fromEntries(names.map((name) => [name, undefined]))

/** The options, with those that have one default filled in. @throws NameError for those that are unknown, SettingError
 * for those that are not what they must be */
export function checkedOptions(given: WebgpuOptions): WebgpuOptions & { readonly mirrorBytes: number } {
  const options = settings<WebgpuOptions & { readonly mirrorBytes: number }>(
    'webgpu',
    given,
    { ...(absent(Object.keys(rules)) as Record<keyof WebgpuOptions, undefined>), mirrorBytes: MIRROR_BYTES },
    (value, standard, name) => (value === undefined ? undefined : check(value, standard, name)),
  )
  const isCount = (value: unknown): string | undefined =>
    value === undefined || (Number.isInteger(value) && (value as number) > 0) ? undefined : 'a whole number above 0'
  const limits = settings<Partial<KernelLimits>>('webgpu: limits', options.limits ?? {}, absent(LIMIT_NAMES), isCount)
  const isAmount = (value: unknown, _: unknown, name: string): string | undefined => {
    const least = name === 'side' ? 1 : 0
    const isOne = value === undefined || (Number.isFinite(value) && (value as number) >= least)
    return isOne ? undefined : `a number from ${least} on`
  }
  const tuning = settings<Partial<Tuning>>(
    'webgpu: tuning',
    options.tuning ?? {},
    absent(Object.keys(HARDWARE_TUNING)),
    isAmount,
  )
  // The ranges of a buffer that is bound in pieces start at multiples of 256 bytes, and 4 buffers are what the kernels
  // that cannot be cut need.
  if ((limits.maxStorageBufferBindingSize ?? 256) < 256)
    throw new SettingError(
      `webgpu: a maxStorageBufferBindingSize of at least 256 required, got ${limits.maxStorageBufferBindingSize}`,
    )
  // What is absent must not hide the adapter's own.
  const measured = Object.entries(tuning).filter(([, value]) => value !== undefined)
  return { ...options, tuning: Object.fromEntries(measured) }
}
