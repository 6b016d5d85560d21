import { cpu } from '@gradloom/backend-cpu'
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
