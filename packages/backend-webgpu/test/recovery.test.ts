import { cpu } from '@gradloom/backend-cpu'
import { assign, createRuntime } from '@gradloom/core'
import { expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'
import { training } from './train.ts'
import { watchedGpu } from './watched-gpu.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 180_000 })

const LOST = { name: 'DeviceLostError', code: 'DEVICE_LOST', message: expect.stringMatching(/runtime\.recover\(\)/) }

it('training goes on from the last finished step when the device was lost and recovered', async () => {
  const watched = watchedGpu()
  const { runtime, step, values } = training(webgpu({ gpu: watched.gpu }))
  const sure = training(webgpu({ gpu: nodeGpu }))
  for (let i = 0; i < 3; i++) expect(await step()).toBe(await sure.step())
  const pending = step()
  watched.devices[0].destroy()
  // It may have ended in time.
  const ended = await pending.then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject(LOST)
      return false
    },
  )
  if (ended) await sure.step()
  await expect(step()).rejects.toMatchObject(LOST)
  await expect(step()).rejects.toMatchObject(LOST)
  await runtime.recover()
  expect(await values()).toEqual(await sure.values())
  for (let i = 0; i < 3; i++) expect(await step()).toBe(await sure.step())
  expect(watched.devices.length).toBe(2)
  await Promise.all([runtime.close(), sure.runtime.close()])
})

it('recover does nothing where no device was lost, and on a backend that cannot lose one', async () => {
  const watched = watchedGpu()
  const { runtime, step } = training(webgpu({ gpu: watched.gpu }), cpu())
  const first = await step()
  await runtime.recover()
  expect(await step()).toBeLessThan(first)
  expect(watched.devices.length).toBe(1)
  await runtime.close()
})

it('without copies on the host, what was lost says so', async () => {
  const watched = watchedGpu()
  const { runtime, step, values } = training(webgpu({ gpu: watched.gpu, mirrorBytes: 0 }))
  await step()
  watched.devices[0].destroy()
  await expect(step()).rejects.toMatchObject(LOST)
  await runtime.recover()
  await expect(values()).rejects.toMatchObject({
    name: 'DeviceLostError',
    message: expect.stringMatching(/mirrorBytes/) as string,
  })
  await runtime.close()
})

it('a device that another made cannot be asked for again', async () => {
  const adapter = await (await nodeGpu()).requestAdapter()
  const device = await adapter!.requestDevice()
  const { runtime, step } = training(webgpu({ device }))
  await step()
  device.destroy()
  await expect(step()).rejects.toMatchObject(LOST)
  await expect(runtime.recover()).rejects.toMatchObject({ name: 'BackendError', code: 'BACKEND' })
  await runtime.close()
})

it.each([2 ** 20, 300])(
  'copies are those of the last run, whichever is heard of first: mirrorBytes %i',
  async (mirrorBytes) => {
    const watched = watchedGpu()
    const runtime = createRuntime({ backends: [webgpu({ gpu: watched.gpu, mirrorBytes })] })
    const env = runtime.variables()
    env.name('x').set([0])
    env.name('long').set(Array.from({ length: 100 }, () => 0))
    const first = env.compile((ctx) => ({ x: assign(ctx.variable('x'), ctx.placeholder('to', [1])) }))
    const second = env.compile((ctx) => {
      const to = ctx.placeholder('to', [1])
      return { x: assign(ctx.variable('x'), to), long: assign(ctx.variable('long'), ctx.variable('long').add(to)) }
    })
    await first({ to: [1] })
    await second({ to: [2] })
    const [device] = watched.devices
    const buffer = Object.getPrototypeOf(device.createBuffer({ size: 4, usage: 1 })) as GPUBuffer
    const { mapAsync } = buffer
    let ended = (): void => undefined
    const later = new Promise<void>((resolve) => (ended = resolve))
    // The first brings home less than the second.
    const late = vi.spyOn(buffer, 'mapAsync').mockImplementation(async function (this: GPUBuffer, ...args) {
      if (args[2]! < 100) await later
      return mapAsync.apply(this, args)
    })
    const runs = [first({ to: [3] }), second({ to: [4] }).then(ended)]
    await Promise.all(runs)
    late.mockRestore()
    device.destroy()
    await expect(first({ to: [5] })).rejects.toMatchObject(LOST)
    await runtime.recover()
    const value = env.name('x').get()
    if (mirrorBytes > 300) expect([...(await value).data]).toEqual([4])
    else await expect(value).rejects.toMatchObject({ name: 'DeviceLostError' })
    await runtime.close()
  },
)
