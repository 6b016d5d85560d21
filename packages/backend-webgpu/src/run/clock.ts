import { USAGE } from '../device/usage.ts'

/** The feature by which passes tell when they begin and end. */
export const TIMES = 'timestamp-query'

/** Queries that one set may have. */
const MOST = 4096

/** Timestamps of passes, two each. */
export interface Clock {
  readonly byteLength: number
  /** Where they are, once `resolve` was recorded, and what was read from there. */
  readonly gpu: GPUBuffer
  times: BigUint64Array
  around(pass: number): GPUComputePassTimestampWrites
  resolve(encoder: GPUCommandEncoder): void
  destroy(): void
}

export function createClock(device: GPUDevice, passes: number): Clock {
  const byteLength = 16 * passes
  const sets: GPUQuerySet[] = []
  for (let left = 2 * passes; left > 0; left -= MOST)
    sets.push(device.createQuerySet({ type: 'timestamp', count: Math.min(left, MOST) }))
  const gpu = device.createBuffer({ size: Math.max(8, byteLength), usage: USAGE.queryTarget | USAGE.copySource })
  return {
    byteLength,
    gpu,
    times: new BigUint64Array(),
    around(pass) {
      const query = (2 * pass) % MOST
      return {
        querySet: sets[Math.floor((2 * pass) / MOST)],
        beginningOfPassWriteIndex: query,
        endOfPassWriteIndex: query + 1,
      }
    },
    resolve(encoder) {
      sets.forEach((set, i) => encoder.resolveQuerySet(set, 0, set.count, gpu, 8 * MOST * i))
    },
    destroy() {
      for (const set of [...sets, gpu]) set.destroy()
    },
  }
}
