import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { cpu } from '@gradloom/backend-cpu'
import { dropout } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { adam } from '@gradloom/optim'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ambient, topological } from '../src/extend.ts'
import {
  createRuntime,
  grad,
  matmul,
  mean,
  mul,
  noGrad,
  setRuntime,
  square,
  stopGradient,
  sub,
  tanh,
  tensor,
  valueAndGrad,
  type Tensor,
} from '../src/index.ts'

const rt = createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })] })
beforeAll(() => setRuntime(rt))
afterAll(async () => {
  setRuntime(null)
  await rt.close()
})
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const ITERATIONS = 10_000
/** As many values as a value keeps behind it; see history.ts. */
const KEPT = 1000

/** Runs a loop whose value is `step()`; what an iteration costs must not depend on how many there were. */
async function endures(name: string, step: () => Promise<Tensor>, iterations = ITERATIONS): Promise<void> {
  const compiled = rt.plansCompiled
  const times: number[] = []
  const made: number[] = []
  const behind: number[] = []
  const heap: number[] = []
  for (let i = 1; i <= iterations; i++) {
    const nodes = ambient.nodes
    const start = performance.now()
    const value = await step()
    times.push(performance.now() - start)
    made.push(ambient.nodes - nodes)
    if (i % (iterations / 10) > 0) continue
    behind.push(topological([value]).length)
    collect()
    heap.push(process.memoryUsage().heapUsed)
  }
  const hundred = (from: number): number => times.slice(from, from + 100).sort((a, b) => a - b)[50]
  console.log(
    `${name}: last hundred ${(hundred(iterations - 100) / hundred(300)).toFixed(2)} of those after warm-up, by medians`,
  )
  expect(rt.plansCompiled - compiled).toBeLessThanOrEqual(3)
  // Every iteration builds the same graph, on a bounded one.
  expect(new Set(made.slice(10)).size).toBe(1)
  expect(Math.max(...behind)).toBeLessThanOrEqual((2 * KEPT + 2) * (made[10] + 1))
  // A node takes less than a kilobyte; all of them would take several times as much.
  expect(heap.at(-1)! - heap[0]).toBeLessThan(2000 * KEPT * made[10])
}

describe('loops without compiling cost the same at any iteration', () => {
  it('of gradients of a function', async () => {
    let w = tensor([1.5])
    await endures('grad', async () => {
      w = sub(w, mul(grad((x: Tensor) => mul(x, x).sum())(w), 0.001))
      await w.data()
      return w
    })
    expect((await w.data())[0]).toBeCloseTo(1.5 * 0.998 ** ITERATIONS, 6)
  }, 60_000)

  it('of gradients of a function of which the value alone is read', async () => {
    let w = tensor([1.5])
    await endures('value', async () => {
      const [value, g] = valueAndGrad((x: Tensor) => mul(x, x).sum())(w)
      w = sub(w, mul(g, 0.001))
      await value.data()
      return value
    })
    expect((await w.data())[0]).toBeCloseTo(1.5 * 0.998 ** ITERATIONS, 6)
  }, 60_000)

  it('of gradients of a value that was read before', async () => {
    let w = tensor([1.5])
    await endures(
      'read first',
      async () => {
        const loss = mul(w, w).sum()
        await loss.data()
        w = sub(w, mul(grad([loss], [w])[0], 0.001))
        await w.data()
        return w
      },
      4000,
    )
    // One gradient that is lost shows.
    expect((await w.data())[0] / (1.5 * 0.998 ** 4000)).toBeCloseTo(1, 3)
  }, 60_000)

  it('of backward, and updates under noGrad', async () => {
    let w = tensor([1.5], { requiresGrad: true })
    await endures('backward', async () => {
      await mul(w, w).sum().backward()
      const g = w.grad!
      w = noGrad(() => sub(w, mul(g, 0.001)))
      w.requiresGrad = true
      w.grad = null
      return w
    })
    expect((await w.data())[0]).toBeCloseTo(1.5 * 0.998 ** ITERATIONS, 6)
  }, 60_000)

  it('of a momentum that is never read, of which the loss alone is', async () => {
    let w = tensor([1.5])
    let m = tensor([0])
    let [exact, speed] = [1.5, 0]
    await endures(
      'momentum',
      async () => {
        const [value, g] = valueAndGrad((x: Tensor) => mul(x, x).sum())(w)
        m = m.mul(0.5).add(g)
        w = sub(w, mul(m, 0.001))
        speed = speed * 0.5 + 2 * exact
        exact -= speed * 0.001
        await value.data()
        return value
      },
      4000,
    )
    expect((await w.data())[0] / exact).toBeCloseTo(1, 4)
  }, 60_000)

  it('of backward, and updates that stopGradient parts from what was before', async () => {
    let w = tensor([1.5], { requiresGrad: true })
    const first = w
    await endures(
      'stopGradient',
      async () => {
        await mul(w, w).sum().backward()
        w = stopGradient(sub(w, mul(w.grad!, 0.001)))
        w.requiresGrad = true
        return w
      },
      3000,
    )
    expect((await w.data())[0]).toBeCloseTo(1.5 * 0.998 ** 3000, 6)
    expect(await first.grad!.array()).toEqual([3])
    await expect(stopGradient(first).sum().backward()).rejects.toMatchObject({ code: 'GRAD' })
  }, 60_000)

  it('of float16 gradients that add up', async () => {
    const w = tensor([1.5], { dtype: 'float16', requiresGrad: true })
    await endures(
      'float16',
      async () => {
        await mul(w, 0.5).sum().backward()
        return w.grad!
      },
      2000,
    )
    expect(await w.grad!.array()).toEqual([1000])
  }, 60_000)

  it.each([
    ['in the open', <T>(body: () => T): T => body()],
    ['under noGrad', noGrad],
  ] as const)(
    'of additions, %s',
    async (name, within) => {
      let x = tensor([0])
      await endures(name, async () => {
        x = within(() => x.add(1))
        await x.data()
        return x
      })
      expect(await x.item()).toBe(ITERATIONS)
    },
    60_000,
  )

  it('of an optimizer, with dropout, of which the loss alone is read', async () => {
    const rng = createRng(3)
    const optimizer = adam({ learningRate: 1e-3 })
    let params = { w: tensor([0.5, 0.25, 0.125, 1]) }
    let last = Infinity
    let state = optimizer.init(params)
    await endures(
      'dropout',
      async () => {
        const lossOf = ({ w }: { w: Tensor }): Tensor => mean(square(mul(dropout([1, 2, 3, 4], { rate: 0.2, rng }), w)))
        const [loss, gradients] = valueAndGrad(lossOf)(params)
        ;({ params, state } = optimizer.next({ params, gradients, state }))
        last = await loss.item()
        return loss
      },
      4000,
    )
    expect(last).toBeLessThan(1)
  }, 60_000)

  it('hold few megabytes, though nothing but their own values is awaited', async () => {
    const x = tensor(new Float32Array(1 << 18).fill(0.5))
    const optimizer = adam({ learningRate: 1e-3 })
    let params: Tensor = x
    let state = optimizer.init(params)
    for (let i = 0; i < 200; i++) {
      const [loss, gradients] = valueAndGrad((w: Tensor) => mean(square(sub(w, x))))(params)
      ;({ params, state } = optimizer.next({ params, gradients, state }))
      await loss.data()
    }
    collect()
    // Each iteration makes 3 MB, and 64 MB of these can wait for gradients.
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(200e6)
  }, 60_000)

  it('of an optimizer over a tree', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
      [5, 7],
    ])
    const lossOf = ({ w, b }: { w: Tensor; b: Tensor }): Tensor => mean(square(sub(tanh(matmul(x, w).add(b)), 0.5)))
    const optimizer = adam({ learningRate: 1e-3 })
    let params = { w: tensor([[0.1], [0.2]]), b: tensor([0.1]) }
    let state = optimizer.init(params)
    let loss = Infinity
    await endures(
      'next',
      async () => {
        const [value, gradients] = valueAndGrad(lossOf)(params)
        ;({ params, state } = optimizer.next({ params, gradients, state }))
        loss = await value.item()
        return params.w
      },
      3000,
    )
    expect(loss).toBeLessThan(0.01)
  }, 60_000)

  it('of large values, whose history is bounded in bytes', async () => {
    let w = tensor(new Float32Array(250_000))
    const used = (): number => {
      collect()
      return process.memoryUsage().arrayBuffers
    }
    const before = used()
    for (let i = 0; i < 400; i++) {
      w = w.add(1)
      await w.data()
    }
    // 400 MB of values were computed.
    expect(used() - before).toBeLessThan(150e6)
    expect((await w.data())[7]).toBe(400)
  }, 60_000)

  it('of environments that are disposed, which the runtime forgets', async () => {
    const disposed: WeakRef<object>[] = []
    for (let i = 0; i < 10; i++) {
      const env = rt.variables()
      env.name('w').set([1, 2])
      await env.compile((ctx) => ({ w: ctx.variable('w').mul(2) }))()
      env.dispose()
      disposed.push(new WeakRef(env))
    }
    await new Promise((resolve) => setTimeout(resolve))
    collect()
    // What was made last can still be on the stack.
    expect(disposed.filter((ref) => ref.deref()).length).toBeLessThan(2)
  })
})
