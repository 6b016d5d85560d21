/// <reference lib="dom" preserve="true" />
import { BackendError } from '@gradloom/core'

/** Where Debian's Chromium has SwiftShader, a GPU in software. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** Timestamps to the nanosecond, which pages get rounded to 65 us. */
const FLAGS = ['disable-dawn-features=timestamp_quantization']

/** One for all, as `navigator.gpu` is in a page, and for as long as the process lives: an adapter or a device that
 * outlives the object that it comes from crashes Node. */
let found: Promise<GPU> | null = null

/** WebGPU in Node, by the npm package `webgpu`, which is installed beside this one. Where no driver of the machine
 * gives an adapter, the software adapter of an installed Chromium does; a Vulkan loader is needed for either.
 * @throws BackendError where the package or an adapter is missing
 * @example const rt = createRuntime({ backends: [webgpu({ gpu: nodeGpu })] }) */
export async function nodeGpu(): Promise<GPU> {
  try {
    return await (found ??= find())
  } catch (error) {
    // The next call tries again.
    found = null
    throw error
  }
}

async function find(): Promise<GPU> {
  const { create } = await import('webgpu').catch((cause: unknown): never => {
    throw new BackendError('nodeGpu: the npm package webgpu required, which is not installed: npm install webgpu', {
      cause,
    })
  })
  const gpu = create(FLAGS)
  if (await gpu.requestAdapter()) return gpu
  process.env['VK_ICD_FILENAMES'] ??= SWIFTSHADER
  const software = create(FLAGS)
  if (await software.requestAdapter()) return software
  throw new BackendError(
    'nodeGpu: an adapter required, none is there: install a Vulkan loader (libvulkan1) and a driver; the SwiftShader ' +
      'of an installed Chromium is one, in software',
  )
}
