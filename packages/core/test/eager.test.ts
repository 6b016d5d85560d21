import { reference } from '@gradloom/conformance'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createRuntime,
  exp,
  grad,
  matmul,
  mean,
  noGrad,
  setRuntime,
  tensor,
  valueAndGrad,
  type Tensor,
  type TensorLike,
} from '../src/index.ts'
import { sin } from '@gradloom/ops'

const rt = createRuntime({ backends: [reference()] })
beforeAll(() => {
  setRuntime(rt)
})
afterAll(() => rt.close())

const A = [
  [1, -2, 0.5],
  [0.25, 3, -1],
]
const B = [
  [0.5, 1],
  [-1.5, 2],
  [0.1, -0.2],
]
const f = (a: TensorLike, b: TensorLike): Tensor => mean(exp(sin(matmul(a, b)).mul(0.5)))

describe('eager', () => {
  it('gives the values and gradients of the compiled graph to the bit', async () => {
    const a = tensor(A, { requiresGrad: true })
    const b = tensor(B, { requiresGrad: true })
    const loss = f(a, b)
    await loss.backward()
    const env = rt.variables()
    const step = env.compile((ctx) => {
      const x = ctx.placeholder('a', [-1, 3])
      const y = ctx.placeholder('b', [3, 2])
      const l = f(x, y)
      const [ga, gb] = grad([l], [x, y])
      return { l, ga, gb }
    })
    const compiled = await step({ a: A, b: B })
    expect(await loss.data()).toEqual(compiled.l.data)
    expect(await a.grad!.data()).toEqual(compiled.ga.data)
    expect(await b.grad!.data()).toEqual(compiled.gb.data)
  })

  it('accumulates over calls of backward', async () => {
    const x = tensor([1, 2], { requiresGrad: true })
    await x.mul(3).sum().backward()
    await x.mul(x).sum().backward()
    expect(await x.grad!.array()).toEqual([5, 7])
  })

  it('keeps gradients out of noGrad', async () => {
    const x = tensor([1, 2], { requiresGrad: true })
    const y = noGrad(() => x.mul(10))
    await y.mul(x).sum().backward()
    expect(await x.grad!.array()).toEqual([10, 20])
    await expect(noGrad(() => x.sum()).backward()).rejects.toMatchObject({ name: 'GradError' })
  })

  it('runs nothing twice: a value that was read is data to what follows', async () => {
    const x = tensor([1, 2, 3])
    const y = exp(x)
    await y.data()
    const compiled = rt.plansCompiled
    expect(await y.sum().item()).toBeCloseTo(Math.exp(1) + Math.exp(2) + Math.exp(3), 4)
    await y.data()
    expect(rt.plansCompiled - compiled).toBe(1)
  })

  it('takes one plan for a loop over data of one shape', async () => {
    const before = rt.plansCompiled
    for (let i = 0; i < 5; i++)
      expect(
        await tensor([i, i + 1])
          .mul(7)
          .sum()
          .item(),
      ).toBe(7 * (2 * i + 1))
    expect(rt.plansCompiled - before).toBe(1)
  })

  it('reads synchronously once the backend runs', async () => {
    await rt.ready()
    expect(tensor([1, 2]).add(1).dataSync()).toEqual(Float32Array.of(2, 3))
  })

  it('gives gradients of functions of records', async () => {
    const [value, g] = valueAndGrad(({ w, b }: { w: Tensor; b: Tensor }, x: TensorLike) => w.mul(x).add(b).sum())(
      { w: tensor([2, 3]), b: tensor(1) },
      [10, 20],
    )
    expect(await value.item()).toBe(82)
    expect([await g.w.array(), await g.b.item()]).toEqual([[10, 20], 2])
    expect(await grad((x: Tensor) => x.mul(x).sum())([1, 2]).array()).toEqual([2, 4])
  })
})

describe('values kept on the device', () => {
  it('feed later graphs, until they are disposed', async () => {
    const env = rt.variables()
    const step = env.compile((ctx) => ({ y: ctx.placeholder('x', [-1]).mul(2) }))
    const { y } = await step({ x: [1, 2, 3] }, { keep: true })
    expect(await y.add(1).array()).toEqual([3, 5, 7])
    y.dispose()
    await expect(y.add(2).array()).rejects.toMatchObject({ name: 'DisposedError', code: 'DISPOSED' })
  })
})
