import { nodeGpu } from '@gradloom/backend-webgpu/node'
import { globals } from 'webgpu'
import { createMeter, type Meter } from './meter.ts'

/** WebGPU where libraries made for pages look for it, with devices that count. */
export async function pageGpu(): Promise<Meter> {
  const meter = createMeter(await nodeGpu())
  Object.assign(globalThis, globals)
  Object.defineProperty(globalThis.navigator, 'gpu', { value: meter.gpu, configurable: true })
  return meter
}
