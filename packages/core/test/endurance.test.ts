import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { cpu } from '@gradloom/backend-cpu'
import { afterAll, describe, expect, it } from 'vitest'
import { assign, createRuntime, grad, matmul, mean, setRuntime, sub, sum, tanh, tensor, updates } from '../src/index.ts'
import { createRng } from '@gradloom/ops'

const rt = createRuntime({ backends: [cpu()] })
afterAll(() => rt.close())

describe('long runs', () => {
  it('takes 10,000 steps in flat memory', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const env = rt.variables()
    const rng = createRng(3)
    env.name('w').set(rng.normal([8, 4]))
    env.name('v').set(rng.normal([4, 1]))
    const step = env.compile((ctx) => {
      const x = ctx.placeholder('x', [-1, 8])
      const y = ctx.placeholder('y', [-1, 1])
      const params = ctx.variables()
      const e = sub(matmul(tanh(matmul(x, params[0])), params[1]), y)
      const loss = mean(e.mul(e))
      return {
        loss,
        train: updates(...grad([loss], params).map((g, i) => assign(params[i], params[i].sub(g.mul(0.01))))),
      }
    })
    const x = new Float32Array(16 * 8).map((_, i) => Math.sin(i))
    const y = new Float32Array(16).map((_, i) => Math.cos(3 * i))
    const used = (): { heap: number; arena: unknown } => {
      collect()
      return { heap: process.memoryUsage().heapUsed, arena: rt.memory() }
    }
    let early = used()
    for (let i = 1; i <= 10_000; i++) {
      await step({ x, y })
      if (i === 1000) early = used()
    }
    const late = used()
    expect(late.arena).toEqual(early.arena)
    // The engine may drop code that it compiled while warming up: less is no leak.
    expect(late.heap / early.heap).toBeLessThan(1.01)
  }, 60_000)

  it('builds, differentiates and runs a chain of 50,000 nodes', async () => {
    const x = tensor([0.5, -0.25, 0.125], { dtype: 'float64' })
    const msOf = async (pairs: number): Promise<number> => {
      const before = process.cpuUsage()
      let y = x
      for (let i = 0; i < pairs; i++) y = y.mul(0.99999).add(1e-6)
      const z = await rt.run(async () => grad([sum(y)], [x])[0].array())
      expect(z).toEqual(Array.from({ length: 3 }, () => expect.closeTo(0.99999 ** pairs, 9)))
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }
    const quarter = await msOf(6250)
    // 4 where the cost is linear, 16 where it is quadratic, in the processor's time: a busy machine is no matter.
    const ratio = (await msOf(25_000)) / quarter
    expect(ratio).toBeLessThan(8)
    setRuntime(rt)
    let w = x
    for (let i = 0; i < 50_000; i++) w = tanh(w.mul(1.01))
    expect(Math.abs((await w.data())[0])).toBeGreaterThan(0)
    setRuntime(null)
  }, 60_000)
})
