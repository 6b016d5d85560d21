import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  createRuntime,
  grad,
  hostArray,
  matmul,
  mean,
  mul,
  square,
  sum,
  tanh,
  tensor,
  type Plan,
  type Policy,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { dropout } from '@gradloom/nn'
import { accumulate, adam, scaleLoss, sgd } from '@gradloom/optim'
import { createRng, scan, sin } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { checkpoint, saveNothing, sqrt } from '../src/index.ts'
import { recomputedSteps, values } from './models.ts'

const runtime: Runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
afterAll(() => runtime.close())

const plainly = <F>(fn: F): F => fn

describe('inside of scan', () => {
  const build = async (
    wrap: (fn: (h: Tensor, x: Tensor) => Tensor) => (h: Tensor, x: Tensor) => Tensor,
  ): Promise<[Plan, number[]]> => {
    const env = runtime.variables()
    env.name('w').set(hostArray(values(32 * 32, 1), [32, 32]))
    const step = env.compile((ctx) => {
      const w = ctx.variable('w')
      const cell = wrap((h, x) => tanh(add(matmul(sin(tanh(sin(matmul(h, w)))), w), x)))
      const [h] = scan(
        (carry: Tensor, x) => [cell(carry, x), null],
        ctx.placeholder('h', [8, 32]),
        ctx.placeholder('xs', [24, 8, 32]),
      )
      const loss = sum(square(h))
      return { loss, gradient: grad([loss], [w])[0] }
    })
    const feeds = { h: hostArray(values(8 * 32, 2), [8, 32]), xs: hostArray(values(24 * 8 * 32, 3), [24, 8, 32]) }
    const { loss, gradient } = await step(feeds)
    return [await step.plan(feeds), [loss.item(), ...gradient.data]]
  }

  it('values of an iteration are computed again by the backward loop', async () => {
    const [plain, want] = await build(plainly)
    const [plan, got] = await build((fn) => checkpoint(fn))
    expect(got).toEqual(want)
    expect(plan.arenaBytes).toBeLessThan(0.7 * plain.arenaBytes)
  })
})

describe('random numbers', () => {
  it('are those of the forward pass', async () => {
    let again = 0
    const losses = async (policy?: Policy): Promise<number[]> => {
      const rng = createRng(7)
      const env = runtime.variables()
      env.name('w').set(hostArray(values(64 * 64, 1), [64, 64]))
      const step = env.compile(
        (ctx) => {
          let h: Tensor = ctx.placeholder('x', [16, 64])
          for (let i = 0; i < 4; i++) h = tanh(matmul(dropout(h, { rate: 0.5, rng }), ctx.variable('w')))
          const loss = mean(square(h))
          return { loss, train: sgd({ learningRate: 1 }).minimize(loss, ctx.variables()) }
        },
        { rematerialise: policy },
      )
      const feeds = { x: hostArray(values(16 * 64, 5), [16, 64]) }
      again = recomputedSteps(await step.plan(feeds))
      const all: number[] = []
      for (let i = 0; i < 4; i++) all.push((await step(feeds)).loss.item())
      return all
    }
    const want = await losses()
    expect(new Set(want).size).toBe(4)
    expect(await losses(saveNothing())).toEqual(want)
    expect(await losses(sqrt())).toEqual(want)
    expect(again).toBeGreaterThan(0)
  })
})

describe('gradients of gradients', () => {
  it('go through what is computed again', async () => {
    const hessian = (
      wrap: (fn: (x: Tensor) => Tensor) => (x: Tensor) => Tensor,
      policy?: Policy,
    ): Promise<number[]> => {
      const env = runtime.variables()
      const step = env.compile(
        (ctx) => {
          const x = ctx.placeholder('x', [5, 5])
          const f = wrap((h) => tanh(matmul(sin(h), h)))
          const y = sum(f(f(f(x))))
          const [g] = grad([y], [x])
          const [gg] = grad([sum(mul(g, g))], [x])
          const [ggg] = grad([sum(sin(gg))], [x])
          return { g, gg, ggg }
        },
        { rematerialise: policy },
      )
      return step({ x: hostArray(values(25, 3), [5, 5]) }).then((r) => Object.values(r).flatMap((h) => [...h.data]))
    }
    const want = await hessian(plainly)
    expect(want.every(Number.isFinite)).toBe(true)
    expect(await hessian((fn) => checkpoint(fn))).toEqual(want)
    expect(await hessian(plainly, saveNothing())).toEqual(want)
  })
})

describe('training', () => {
  it('with accumulated gradients and scaled losses is the same', async () => {
    const losses = async (policy?: Policy): Promise<[number[], number]> => {
      const env = runtime.variables()
      for (let i = 0; i < 6; i++) env.name(`w${i}`).set(hostArray(values(32 * 32, i), [32, 32]))
      const step = env.compile(
        (ctx) => {
          let h: Tensor = ctx.placeholder('x', [16, 32])
          for (let i = 0; i < 6; i++) h = tanh(matmul(h, ctx.variable(`w${i}`)))
          const loss = mean(square(h))
          const optimizer = scaleLoss(accumulate(2, adam({ learningRate: 0.01 })))
          return { loss, train: optimizer.minimize(loss, ctx.variables()) }
        },
        { rematerialise: policy },
      )
      const feeds = { x: hostArray(values(16 * 32, 5), [16, 32]) }
      const all: number[] = []
      for (let i = 0; i < 6; i++) all.push((await step(feeds)).loss.item())
      return [all, recomputedSteps(await step.plan(feeds))]
    }
    const [want] = await losses()
    const [got, steps] = await losses(sqrt())
    expect(got).toEqual(want)
    expect(steps).toBeGreaterThan(0)
    expect(want[4]).toBeLessThan(want[0])
  })
})

describe('without compiling', () => {
  it('gradients are the same, and calls share a plan', async () => {
    const w = tensor(hostArray(values(16 * 16, 1), [16, 16]))
    const gradient = async (layer: (h: Tensor) => Tensor, seed: number): Promise<unknown> => {
      const x = tensor(hostArray(values(16 * 16, seed), [16, 16]))
      const [g] = grad([sum(layer(layer(layer(x))))], [x])
      return (await runtime.evaluate([g]))[0].data
    }
    const plain = (h: Tensor): Tensor => tanh(matmul(sin(h), w))
    const again = (h: Tensor): Tensor => checkpoint(plain)(h)
    for (const seed of [2, 3, 4]) expect(await gradient(again, seed)).toEqual(await gradient(plain, seed))
    const compiled = runtime.plansCompiled
    await gradient(again, 5)
    expect(runtime.plansCompiled).toBe(compiled)
  })
})
