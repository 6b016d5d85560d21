import { cpu } from '@gradloom/backend-cpu'
import { assign, createRuntime, matmul, mul, ones, sum, tensor } from '@gradloom/core'
import { describe, expect, it, vi } from 'vitest'
import { webgpu, type WebgpuOptions } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 180_000 })

const start = (options: WebgpuOptions): Promise<void> => webgpu(options).start()
const refusal = (name: string, code: string, ...words: readonly RegExp[]) => ({
  name,
  code,
  message: expect.stringMatching(new RegExp(words.map((w) => `(?=.*${w.source})`).join(''))) as string,
})

/** What the device says where it has no memory. Node has no class for it to be seen by others. */
class GPUOutOfMemoryError {
  readonly message = 'no memory'
}

/** A device that has no memory for buffers above a size. */
async function shortOfMemory(most: number): Promise<{ device: GPUDevice; memory: { isShort: boolean } }> {
  const adapter = await (await nodeGpu()).requestAdapter()
  const device = await adapter!.requestDevice()
  const memory = { isShort: true }
  const scopes: string[] = []
  let isMissing = false
  const { createBuffer, pushErrorScope, popErrorScope } = device
  Object.defineProperties(device, {
    createBuffer: {
      value: (wanted: GPUBufferDescriptor) => {
        if (!memory.isShort || wanted.size <= most) return createBuffer.call(device, wanted)
        isMissing = true
        // Such a buffer is invalid too, and so is all that uses it.
        return createBuffer.call(device, { ...wanted, usage: 0 })
      },
    },
    pushErrorScope: {
      value: (filter: GPUErrorFilter) => {
        scopes.push(filter)
        pushErrorScope.call(device, filter)
      },
    },
    popErrorScope: {
      value: async () => {
        const isMemory = scopes.pop() === 'out-of-memory'
        const said = isMissing && isMemory
        if (isMemory) isMissing = false
        const error = await popErrorScope.call(device)
        return said ? new GPUOutOfMemoryError() : error
      },
    },
  })
  return { device, memory }
}
const adapterless = { requestAdapter: async () => null } as unknown as GPU

describe('webgpu: what is not there', () => {
  it('navigator.gpu: one sentence, with the way on in Node and elsewhere', async () => {
    await expect(start({})).rejects.toMatchObject(
      refusal('BackendError', 'BACKEND', /navigator\.gpu required/, /npm package webgpu/, /cpu\(\)/),
    )
  })

  it('an adapter: never another result', async () => {
    await expect(start({ gpu: () => ({}) as never })).rejects.toMatchObject(
      refusal('BackendError', 'BACKEND', /a gpu with requestAdapter required/),
    )
    await expect(start({ gpu: adapterless })).rejects.toMatchObject(
      refusal('BackendError', 'BACKEND', /an adapter required/, /cpu\(\)/),
    )
  })

  it.each([
    ['a package that is not installed', { gpu: () => Promise.reject(new Error('no such package')) }, /no such package/],
    ['an adapter that throws', { gpu: { requestAdapter: () => Promise.reject(new Error('gone')) } }, /gone/],
    ['what is no adapter', { gpu: { requestAdapter: async () => ({}) } }, /an adapter required/],
  ])('%s: a BackendError, and the next backend takes over', async (_, options, words) => {
    await expect(start(options as never)).rejects.toMatchObject(refusal('BackendError', 'BACKEND', words, /cpu\(\)/))
    const rt = createRuntime({ backends: [webgpu(options as never), cpu()] })
    const [total] = await rt.evaluate([sum(tensor([1, 2]))])
    expect(total.item()).toBe(3)
    await rt.close()
  })

  it('limits: those that the adapter has not are named', async () => {
    const limits = { maxStorageBuffersPerShaderStage: 10_000 }
    await expect(start({ gpu: nodeGpu, limits })).rejects.toMatchObject(
      refusal('BackendError', 'BACKEND', /limits\.maxStorageBuffersPerShaderStage/, /10000/),
    )
  })

  it('a device: what the adapter says is passed on', async () => {
    const adapter = await (await nodeGpu()).requestAdapter()
    Object.defineProperty(adapter, 'requestDevice', { value: async () => Promise.reject(new Error('in use')) })
    await expect(start({ adapter: adapter! })).rejects.toMatchObject(
      refusal('BackendError', 'BACKEND', /refused/, /in use/),
    )
  })

  it('settings: unknown ones and wrong ones are refused', () => {
    expect(() => webgpu({ power: 1 } as never)).toThrow(/no setting power/)
    expect(() => webgpu({ powerPreference: 'much' as never })).toThrow(/powerPreference/)
    expect(() => webgpu({ limits: { maxBufferSize: 0 } })).toThrow(/maxBufferSize/)
    expect(() => webgpu({ limits: { maxTextures: 1 } as never })).toThrow(/no setting maxTextures/)
    expect(() => webgpu({ mirrorBytes: -1 })).toThrow(/mirrorBytes/)
    expect(() => webgpu({ tuning: { side: 0 } })).toThrow(/side/)
  })
})

describe('webgpu: what a device refuses', () => {
  it('more elements than it counts: a KernelError with their number', async () => {
    const rt = createRuntime({ backends: [webgpu({ gpu: nodeGpu })] })
    const [a, b] = [ones([46_342, 1]), ones([1, 46_342])]
    await expect(rt.evaluate([sum(mul(a.mul(tensor(1)), b))])).rejects.toMatchObject(
      refusal('KernelError', 'KERNEL', /at most 2147483647 elements/, /2147580964/, /cpu\(\)/),
    )
    await rt.close()
  })

  it('memory beyond its largest buffer: an OutOfMemoryError, after which the runtime is usable', async () => {
    const rt = createRuntime({ backends: [webgpu({ gpu: nodeGpu, limits: { maxBufferSize: 2 ** 20 } })] })
    const large = sum(matmul(ones([1024, 8]), ones([8, 1024])))
    await expect(rt.evaluate([large])).rejects.toMatchObject(
      refusal('OutOfMemoryError', 'OUT_OF_MEMORY', /maxBufferSize/),
    )
    const [small] = await rt.evaluate([sum(tensor([1, 2]))])
    expect(small.item()).toBe(3)
    await rt.close()
  })

  it('memory that it has not: an OutOfMemoryError, after which nothing is lost and smaller runs go on', async () => {
    const { device, memory } = await shortOfMemory(2 ** 18)
    const rt = createRuntime({ backends: [webgpu({ device })] })
    const env = rt.variables()
    env.name('w').set([1, 2])
    const grow = env.compile((ctx) => {
      const w = ctx.variable('w')
      return { next: assign(w, mul(w, 2)) }
    })
    await grow({})
    const square = (n: number): Promise<number> =>
      rt
        .evaluate([sum(matmul(ones([n, 1]).mul(tensor(1)), tensor([Array.from({ length: n }, () => 1)])))])
        .then(([r]) => r.item())
    expect(await square(10)).toBe(100)
    const refused = refusal('OutOfMemoryError', 'OUT_OF_MEMORY', /keep less/)
    await expect(square(400)).rejects.toMatchObject(refused)
    const long = new Float32Array(100_000).fill(1)
    const keeps = async (): Promise<number> => {
      env.name('long').set(long)
      const [total] = await rt.evaluate([sum(env.name('long').tensor)])
      return total.item()
    }
    await expect(keeps()).rejects.toMatchObject(refused)
    await grow({})
    expect((await env.name('w').get()).array()).toEqual([4, 8])
    expect(await square(10)).toBe(100)
    memory.isShort = false
    expect(await square(400)).toBe(160_000)
    expect(await keeps()).toBe(100_000)
    await rt.close()
    device.destroy()
  })

  it('an invalid command: the run rejects, and the next one does not', async () => {
    const gpu = await nodeGpu()
    const adapter = await gpu.requestAdapter()
    const device = await adapter!.requestDevice()
    const rt = createRuntime({ backends: [webgpu({ device })] })
    const x = tensor([1, 2])
    const y = (): Promise<number> => rt.evaluate([sum(x.mul(x))]).then(([r]) => r.item() as number)
    expect(await y()).toBe(5)
    const { createCommandEncoder } = device
    Object.defineProperty(device, 'createCommandEncoder', {
      configurable: true,
      value: () => {
        const encoder = createCommandEncoder.call(device)
        const begin = encoder.beginComputePass.bind(encoder)
        Object.defineProperty(encoder, 'beginComputePass', {
          value: () => {
            const pass = begin()
            pass.dispatchWorkgroups(1)
            return pass
          },
        })
        return encoder
      },
    })
    const other = rt.evaluate([sum(x.mul(x).mul(x))])
    await expect(other).rejects.toMatchObject(refusal('KernelError', 'KERNEL', /refused a run/))
    Reflect.deleteProperty(device, 'createCommandEncoder')
    const [right] = await rt.evaluate([sum(x.mul(x).mul(x))])
    expect(right.item()).toBe(9)
    await rt.close()
    device.destroy()
    expect(gpu).toBeDefined()
  })

  it('float64: the next backend takes it', async () => {
    const rt = createRuntime({ backends: [webgpu({ gpu: nodeGpu }), cpu()] })
    const x = tensor([0.1, 0.2], { dtype: 'float64' })
    const [wide, narrow] = await rt.evaluate([sum(x), sum(tensor([1, 2]))])
    expect([wide.item(), narrow.item()]).toEqual([0.1 + 0.2, 3])
    await rt.close()
    const alone = createRuntime({ backends: [webgpu({ gpu: nodeGpu })] })
    await expect(alone.evaluate([sum(x)])).rejects.toMatchObject(
      refusal('KernelError', 'KERNEL', /webgpu has no float64/),
    )
    await alone.close()
  })
})

it('calls on their way when the runtime is closed tell of that, and not of a device to recover', async () => {
  const rt = createRuntime({ backends: [webgpu({ gpu: nodeGpu })] })
  const step = rt.variables().compile((ctx) => ({ y: sum(ctx.placeholder('x', [-1])) }))
  await step({ x: [1] })
  const calls = Promise.allSettled([step({ x: [2] }), step({ x: [3] })])
  await rt.close()
  const reasons = (await calls).flatMap((call) => (call.status === 'rejected' ? [call.reason as Error] : []))
  expect(reasons).toEqual(
    reasons.map(() => expect.objectContaining(refusal('BackendError', 'BACKEND', /closed/)) as Error),
  )
})
