import { reference } from '@gradloom/conformance'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createRuntime,
  exp,
  grad,
  matmul,
  mean,
  mul,
  noGrad,
  setRuntime,
  sum,
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

  it('takes the argument of a function for another value than the same tensor elsewhere', async () => {
    const x = tensor([1, 2])
    const h = x.mul(3)
    const arrays = async (...list: Tensor[]): Promise<unknown[]> => Promise.all(list.map(async (t) => t.array()))
    expect(await arrays(grad((a: Tensor) => sum(mul(a, x)))(x))).toEqual([[1, 2]])
    expect(await arrays(grad((a: Tensor) => sum(mul(a, h)))(x))).toEqual([[3, 6]])
    expect(await arrays(grad((a: Tensor, b: Tensor) => sum(mul(a, b)))(x, x))).toEqual([[1, 2]])
    const inner = (a: Tensor): Tensor => grad((b: Tensor) => sum(mul(mul(b, b), a)))(a)
    expect(await arrays(grad((a: Tensor) => sum(inner(a)))(x))).toEqual([[4, 8]])
    const [, { a, b }] = valueAndGrad((p: { a: Tensor; b: Tensor }) => sum(mul(p.a, mul(p.b, p.b))))({ a: x, b: x })
    expect(await arrays(a, b)).toEqual([
      [1, 4],
      [2, 8],
    ])
  })

  it('gives the gradient of a function under noGrad, as a constant', async () => {
    const x = tensor([1, 2], { requiresGrad: true })
    const g = noGrad(() => grad((a: Tensor) => sum(mul(a, a)))(x))
    expect(await g.array()).toEqual([2, 4])
    await expect(g.sum().backward()).rejects.toThrow('requiresGrad')
  })

  it('refuses to add to a grad of another shape or dtype', async () => {
    for (const given of [tensor([1, 2, 3]), tensor([[1, 2]]), tensor(1), tensor([1, 2], { dtype: 'int32' })]) {
      const x = tensor([1, 2], { requiresGrad: true })
      x.grad = given
      await expect(sum(x).backward()).rejects.toThrow('backward: float32 [2] required as its grad')
      expect(x.grad).toBe(given)
    }
  })

  it('refuses hooks that are no functions', () => {
    for (const fn of [null, 3, 'a', {}])
      expect(() => tensor([1]).hook(fn as never)).toThrow('hook: a function required')
  })

  it('lets nothing go on that an asynchronous function was refused for', async () => {
    const late: unknown[] = []
    const note = (reason: unknown): unknown => late.push(reason)
    process.on('unhandledRejection', note)
    const waiting = (async () => {
      throw new Error('late')
    }) as unknown as () => Promise<void>
    expect(() => noGrad(waiting)).toThrow('a function that does not wait')
    await new Promise((done) => setTimeout(done, 10))
    process.off('unhandledRejection', note)
    expect(late).toEqual([])
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

  it('infers a tensor where a function names no type', async () => {
    const [value, g] = valueAndGrad((x) => sum(exp(x)))(tensor([0, 1]))
    expect([await value.item(), await g.data()]).toEqual([Math.fround(1 + Math.E), Float32Array.of(1, Math.E)])
    expect(await grad((x, y) => sum(mul(x, y)))([1, 2], [3, 4]).array()).toEqual([3, 4])
    expect(await grad((x) => x.mul(x))(3).item()).toBe(6)
  })

  it('gives gradients in the structure of nested parameters, zeros where the value depends on none', async () => {
    interface Parameters {
      readonly layers: readonly { readonly w: Tensor; readonly b: Tensor | null }[]
      readonly rest: [Tensor, Tensor]
    }
    const parameters: Parameters = {
      layers: [
        { w: tensor([1, 2]), b: tensor(3) },
        { w: tensor([4, 5]), b: null },
      ],
      rest: [tensor([6]), tensor(7)],
    }
    const loss = ({ layers: [first, second], rest }: Parameters, x: TensorLike): Tensor =>
      sum(first.w.mul(second.w).mul(x)).add(first.b!.mul(rest[1]))
    const [value, g] = valueAndGrad(loss)(parameters, 2)
    expect(await value.item()).toBe(2 * (4 + 10) + 21)
    expect(JSON.stringify(Object.keys(g))).toBe('["layers","rest"]')
    expect(await g.layers[0].w.array()).toEqual([8, 10])
    expect(await g.layers[0].b!.item()).toBe(7)
    expect(await g.layers[1].w.array()).toEqual([2, 4])
    expect(g.layers[1].b).toBe(null)
    expect([await g.rest[0].array(), await g.rest[1].item()]).toEqual([[0], 3])
    expect(await grad(loss)(parameters, 2).layers[1].w.array()).toEqual([2, 4])
    const both = grad((list: readonly Tensor[]) => sum(mul(list[0], list[1])))([tensor([1, 2]), tensor([3, 4])])
    expect([await both[0].array(), await both[1].array()]).toEqual([
      [3, 4],
      [1, 2],
    ])
  })

  it('refuses what holds no tensors, and values that are no scalars', () => {
    const refused = (fn: unknown, x: unknown): unknown => {
      try {
        return valueAndGrad(fn as (x: Tensor) => Tensor)(x as Tensor)
      } catch (error) {
        return (error as Error).name
      }
    }
    const identity = (x: unknown): unknown => x
    expect(refused(identity, { w: 'text' })).toBe('DTypeError')
    expect(refused(identity, 'text')).toBe('DTypeError')
    expect(refused(identity, tensor([1, 2]))).toBe('GradError')
    expect(refused(() => 3, tensor([1, 2]))).toBe('GradError')
    expect(refused(() => undefined, { w: tensor(1) })).toBe('GradError')
    expect(refused((p: { w: Tensor }) => p.w, { w: tensor(1), n: tensor(1, { dtype: 'int32' }) })).toBe('GradError')
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

  it('are fed to steps and evaluators as they are', async () => {
    const env = rt.variables()
    const double = env.compile((ctx) => ({ y: ctx.placeholder('x', [-1]).mul(2) }))
    let { y } = await double({ x: [1, 2, 3] }, { keep: true })
    for (let i = 0; i < 3; i++) {
      const next = await double({ x: y }, { keep: true })
      y.dispose()
      y = next.y
    }
    expect((await double({ x: y })).y.array()).toEqual([32, 64, 96])
    // Calls that wait for others are fed what lies on the device too.
    const [first, second] = await Promise.all([double({ x: [1] }), double({ x: y })])
    expect([first.y.array(), second.y.array()]).toEqual([[2], [32, 64, 96]])
    await rt.run(async (ctx) => {
      const x = ctx.placeholder('x', [3])
      const [sums] = await ctx.evaluator().push(x.add(x)).feed(x, y).run()
      expect(sums.array()).toEqual([32, 64, 96])
    })
    expect((await double({ x: tensor([1, 2]) })).y.array()).toEqual([2, 4])
    y.dispose()
  })

  it('serve the calls that were made before they were disposed, also those that have yet to be compiled', async () => {
    const env = rt.variables()
    const step = env.compile((ctx) => ({ y: ctx.placeholder('x', [1]).mul(2) }))
    const { y: x } = await step({ x: [3] }, { keep: true })
    const results = [step({ x }), env.compile((ctx) => ({ y: ctx.placeholder('x', [1]).add(1) }))({ x })]
    const evaluated = x.sub(1).item()
    x.dispose()
    expect((await Promise.all(results)).map(({ y }) => y.item())).toEqual([12, 7])
    expect(await evaluated).toBe(5)
    await expect(step({ x })).rejects.toMatchObject({ code: 'DISPOSED' })
  })

  it('are refused as feeds of another shape, dtype or runtime, disposed or not computed', async () => {
    const other = createRuntime({ backends: [reference()] })
    const keep = async (value: readonly number[], of = rt): Promise<Tensor> =>
      (await of.variables().compile(() => ({ y: tensor(value).add(1) }))({}, { keep: true })).y
    const step = rt.variables().compile((ctx) => ({
      y: ctx.placeholder('x', [2]).mul(2),
      n: ctx.placeholder('n', [1], 'int32'),
    }))
    const n = [1]
    const y = await keep([1, 2])
    const refusal = (message: RegExp): object => ({
      name: 'FeedError',
      code: 'FEED',
      message: expect.stringMatching(message),
    })
    await expect(step({ x: await keep([1, 2, 3]), n })).rejects.toMatchObject(refusal(/x: .*\[2\].*\[3\]; reshape/))
    await expect(step({ x: y, n: await keep([1]) })).rejects.toMatchObject(refusal(/n: int32.*float32.*; cast/))
    await expect(step({ x: await keep([1, 2], other), n })).rejects.toMatchObject(
      refusal(/another runtime; feed await/),
    )
    await expect(step({ x: y.add(1), n })).rejects.toMatchObject(refusal(/not computed; feed await/))
    await expect(step({ x: tensor([1, 2, 3]), n })).rejects.toMatchObject(refusal(/\[2\] expected/))
    expect((await step({ x: y, n })).y.array()).toEqual([4, 6])
    y.dispose()
    await expect(step({ x: y, n })).rejects.toMatchObject({ name: 'DisposedError' })
    await other.close()
  })
})
