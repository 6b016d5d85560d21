/** The limits of a device that kernels keep to. */
export interface KernelLimits {
  readonly maxStorageBuffersPerShaderStage: number
  readonly maxStorageBufferBindingSize: number
  readonly maxBufferSize: number
  readonly maxComputeWorkgroupsPerDimension: number
  readonly maxComputeInvocationsPerWorkgroup: number
  readonly maxComputeWorkgroupSizeX: number
  readonly maxComputeWorkgroupStorageSize: number
}

export const LIMIT_NAMES: readonly (keyof KernelLimits)[] = [
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
]

/** What ranges of a buffer start at multiples of, on every adapter. */
export const ALIGNMENT = 256

export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/** The largest power of two up to `most` and to what a workgroup may have. */
export function threadsOf(limits: KernelLimits, most: number): number {
  const allowed = Math.min(most, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX)
  return 2 ** Math.floor(Math.log2(Math.max(1, allowed)))
}
