import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { createRuntime, hostArray, noGrad, scope, setRuntime, tensor } from '../src/index.ts'

const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())
const waits = (async () => tensor(1)) as never

describe('a function that waits is refused where graphs are built in it', () => {
  const env = rt.variables()
  it.each([
    ['compile', () => env.compile(waits)],
    ['noGrad', () => noGrad(waits)],
    ['scope', () => scope('a', waits)],
  ])('%s', (name, call) => {
    expect(call).toThrow(
      expect.objectContaining({
        name: 'SettingError',
        message: expect.stringMatching(`^${name}: a function that does not wait required, got promise`) as string,
      }),
    )
  })
})

describe('once a runtime is closed', () => {
  it('errors say that another is needed', async () => {
    const own = createRuntime({ backends: [reference()] })
    setRuntime(own)
    const env = own.variables()
    env.name('w').set([1])
    const t = tensor([1]).add(1)
    await own.close()
    await expect(t.data()).rejects.toMatchObject({
      name: 'BackendError',
      message: expect.stringMatching(/open runtime required/) as string,
    })
    await expect(own.evaluate([t])).rejects.toMatchObject({
      name: 'BackendError',
      message: expect.stringMatching(/closed/) as string,
    })
    for (const options of [undefined, { names: ['w'] }])
      await expect(env.save(options)).rejects.toMatchObject({
        name: 'BackendError',
        message: expect.stringMatching(/closed/) as string,
      })
  })
})

it('nested arrays have the type that the caller names', async () => {
  const rows = hostArray(new Float32Array([1, 2]), [1, 2]).array<number[][]>()
  const flat: number = rows[0]![0]!
  setRuntime(rt)
  const [[first]] = await tensor([[3]]).array<[[number]]>()
  expect([flat, first]).toEqual([1, 3])
})
