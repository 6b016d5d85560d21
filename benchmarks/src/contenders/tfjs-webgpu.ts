import '@tensorflow/tfjs-backend-webgpu'
import type { Contender } from '../contender.ts'
import type { Meter } from '../gpu/meter.ts'
import { tfjsOn } from './tfjs.ts'

/** TensorFlow.js on its WebGPU backend, which takes the adapter of `navigator.gpu`. */
export const tfjsWebgpu = async (meter: Meter): Promise<Contender> => ({
  ...(await tfjsOn('webgpu', (t) => t.data())),
  meter,
})
