/** WebGPU's numbers for what a buffer is used for. Its constants are globals of pages, which Node has not. */
export const USAGE = {
  mapRead: 0x1,
  mapWrite: 0x2,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryTarget: 0x200,
} as const
export const MAP_READ = 0x1
export const MAP_WRITE = 0x2
export const COMPUTE = 0x4
/** A value that lives on the device: shaders use it, and copies go both ways. */
export const VALUE: number = USAGE.storage | USAGE.copySource | USAGE.copyTarget
