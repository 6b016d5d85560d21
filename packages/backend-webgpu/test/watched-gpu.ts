import { nodeGpu } from '../src/node.ts'

/** What a test sees of the devices that a backend asks for. */
export interface Watched {
  readonly gpu: () => Promise<GPU>
  /** Devices, the latest last. */
  readonly devices: GPUDevice[]
  /** Calls by method of the devices and their queues. */
  readonly calls: Map<string, number>
  count(...methods: readonly string[]): number
}

const METHODS = [
  'createBuffer',
  'createBindGroup',
  'createBindGroupLayout',
  'createShaderModule',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createPipelineLayout',
] as const

/** WebGPU whose devices count what is asked of them. */
export function watchedGpu(): Watched {
  const devices: GPUDevice[] = []
  const calls = new Map<string, number>()
  const add = (name: string): void => void calls.set(name, (calls.get(name) ?? 0) + 1)
  const watch = (device: GPUDevice): GPUDevice => {
    const counted = (target: object, name: string): void => {
      const method = (target as Record<string, (...args: unknown[]) => unknown>)[name]
      Object.defineProperty(target, name, {
        value: (...args: unknown[]) => {
          add(name)
          return method.apply(target, args)
        },
      })
    }
    for (const name of METHODS) counted(device, name)
    counted(device.queue, 'submit')
    const { createCommandEncoder } = device
    Object.defineProperty(device, 'createCommandEncoder', {
      value: () => {
        const encoder = createCommandEncoder.call(device)
        const { beginComputePass } = encoder
        Object.defineProperty(encoder, 'beginComputePass', {
          value: () => {
            const pass = beginComputePass.call(encoder)
            counted(pass, 'dispatchWorkgroups')
            return pass
          },
        })
        return encoder
      },
    })
    counted(device.queue, 'writeBuffer')
    devices.push(device)
    device.addEventListener('uncapturederror', () => add('uncapturederror'))
    return device
  }
  const gpu = async (): Promise<GPU> => {
    const real = await nodeGpu()
    const requestAdapter: GPU['requestAdapter'] = async (options) => {
      const adapter = await real.requestAdapter(options)
      if (!adapter) return null
      const request = adapter.requestDevice.bind(adapter)
      Object.defineProperty(adapter, 'requestDevice', {
        value: async (descriptor?: GPUDeviceDescriptor) => watch(await request(descriptor)),
      })
      return adapter
    }
    return { requestAdapter, real } as unknown as GPU
  }
  return {
    gpu,
    devices,
    calls,
    count: (...methods) => methods.reduce((sum, name) => sum + (calls.get(name) ?? 0), 0),
  }
}
