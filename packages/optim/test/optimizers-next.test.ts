import { describe, expect, it } from 'vitest'
import { add, cast, mul, NameError, nameOf, square, sum, tensor, type Tensor } from '@gradloom/core'
import {
  adam,
  chain,
  clipByGlobalNorm,
  globalNorm,
  mapTensors,
  optimizer,
  sgd,
  stateless,
  type TensorTree,
} from '../src/index.ts'
import { variables, values, ramp } from './transformations-support.ts'

describe('optimizers', () => {
  it('step as functions of tensors as they do on variables', async () => {
    const env = variables({ a: [1, -1] })
    const step = ramp(env, adam({ learningRate: 0.1 }))
    let params: Record<string, Tensor> = { a: tensor([1, -1], { dtype: 'float64' }) }
    let state: TensorTree | undefined
    for (const scale of [1, 2, -3]) {
      await step({ scale })
      ;({ params, state } = adam({ learningRate: 0.1 }).next({
        params,
        gradients: { a: tensor([scale, 2 * scale], { dtype: 'float64' }) },
        state,
      }))
    }
    expect([...(await params.a.data())]).toEqual(await values(env, 'a'))
  })
  it('keep two states of one kind apart in a chain', async () => {
    const env = variables({ a: [0] })
    await ramp(
      env,
      chain(sgd({ learningRate: 1, momentum: 0.5 }), sgd({ learningRate: 1, momentum: 0.5 })),
    )({ scale: 1 })
    expect(env.variableNames().filter((n) => n.includes('momentum'))).toEqual([
      'optimizer/momentum/a',
      'optimizer/momentum/a~2',
    ])
  })
  it('of two names in one environment do not meet', async () => {
    const env = variables({ a: [0], b: [0] })
    const step = env.compile((ctx) => {
      const [a, b] = ctx.variables()
      return {
        one: adam().minimize(sum(a), [a], { name: 'one' }),
        two: adam().minimize(sum(b), { b }, { name: 'two' }),
      }
    })
    await step()
    expect(env.variableNames()).toEqual(expect.arrayContaining(['one/step', 'two/step', 'one/m/a', 'two/m/b']))
  })
  it('keep float32 parameters float32, beside float64 ones', async () => {
    const env = variables({ a: [1] })
    env.name('b').set(tensor([1]))
    await env.compile((ctx) => ({
      train: chain(clipByGlobalNorm(1), adam()).minimize(
        add(sum(ctx.variable('a')), sum(cast(ctx.variable('b'), 'float64'))),
        ctx.variables(),
      ),
    }))()
    expect((await env.name('b').get()).dtype).toBe('float32')
    expect((await env.name('optimizer/m/b').get()).dtype).toBe('float32')
  })
  it('refuse to minimise over nothing, and over a parameter that the loss does not use', () => {
    const env = variables({ a: [1], b: [1] })
    expect(() => env.compile((ctx) => ({ train: adam().minimize(sum(ctx.variable('a')), []) }))).toThrow(NameError)
    expect(() => env.compile((ctx) => ({ train: adam().minimize(sum(ctx.variable('a')), ctx.variables()) }))).toThrow(
      expect.objectContaining({ name: 'GradError' }),
    )
  })
  it('refuse a loss that is no scalar, with what to do', () => {
    const env = variables({ a: [1, 2] })
    const train = (loss: (a: Tensor) => unknown) => (): unknown =>
      env.compile((ctx) => ({ train: adam().minimize(loss(ctx.variable('a')) as Tensor, ctx.variables()) }))
    for (const loss of [(a: Tensor) => square(a), () => 5, () => null])
      expect(train(loss)).toThrow(
        expect.objectContaining({
          name: 'GradError',
          message: expect.stringMatching(/reduction: 'mean'.*mean\(\)/) as string,
        }),
      )
  })
  it('refuse a variable that stands twice among the parameters', () => {
    const env = variables({ a: [1] })
    expect(() =>
      env.compile((ctx) => ({
        train: adam().minimize(sum(ctx.variable('a')), [ctx.variable('a'), ctx.variable('a')]),
      })),
    ).toThrow(NameError)
  })
  it('can be made of a transformation of your own', async () => {
    const env = variables({ a: [0, 0] })
    await ramp(
      env,
      optimizer(
        stateless((gradients, { params }) =>
          mapTensors((g, p) => (nameOf(p) === 'a' ? mul(g, -10) : g), gradients, params),
        ),
      ),
    )({ scale: 1 })
    expect(await values(env, 'a')).toEqual([-10, -20])
  })
  it('globalNorm is the norm of all elements together', async () => {
    expect(await globalNorm([tensor([3, 0]), tensor([[4]])]).item()).toBe(5)
  })
})
