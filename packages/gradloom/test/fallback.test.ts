import { expect, it } from 'vitest'
import { cpu, createRuntime, grad, setRuntime, tensor } from '../src/index.ts'
import { webgpu } from '../src/webgpu.ts'

const absent = { requestAdapter: async () => null } as unknown as GPU

it.each([
  ['no WebGPU', () => webgpu()],
  ['no adapter', () => webgpu({ gpu: absent })],
  ['a package that is missing', () => webgpu({ gpu: async () => Promise.reject(await missing()) })],
])('where there is %s, the next backend takes over, and the runtime says why', async (_, make) => {
  const rt = createRuntime({ backends: [make(), cpu({ placement: 'inline', threads: 1 })] })
  setRuntime(rt)
  expect(await grad((x) => x.mul(x).sum())(tensor([1, 2])).array()).toEqual([2, 4])
  expect(rt.backends.map((backend) => backend.name)).toEqual(['cpu'])
  expect(rt.unavailable.map(({ name, message }) => [name, message])).toEqual([
    ['BackendError', expect.stringMatching(/^(webgpu|nodeGpu): .* required/)],
  ])
  setRuntime(null)
  await rt.close()
})

async function missing(): Promise<Error> {
  const { BackendError } = await import('../src/index.ts')
  return new BackendError('nodeGpu: the npm package webgpu required, which is not installed: npm install webgpu')
}

it('alone it is an error that says what to do', async () => {
  const rt = createRuntime({ backends: [webgpu({ gpu: absent })] })
  await expect(rt.evaluate([tensor([1]).add(1)])).rejects.toMatchObject({
    name: 'BackendError',
    message: expect.stringMatching(/adapter required.*cpu\(\)/) as string,
  })
  await rt.close()
})
