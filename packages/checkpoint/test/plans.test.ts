import { cpu } from '@gradloom/backend-cpu'
import {
  createRuntime,
  hostArray,
  matmul,
  mean,
  NameError,
  SettingError,
  square,
  tanh,
  tensor,
  type Context,
  type Policy,
  type Stage,
  type Tensor,
} from '@gradloom/core'
import { sgd } from '@gradloom/optim'
import { afterAll, describe, expect, it } from 'vitest'
import { budget, everyN, saveNames, sqrt } from '../src/index.ts'
import { values } from './models.ts'

const runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
afterAll(() => runtime.close())

const feeds = { x: hostArray(values(64 * 32, 9), [64, 32]) }
const body = (ctx: Context) => {
  let h: Tensor = ctx.placeholder('x', [64, 32])
  for (let i = 0; i < 8; i++) h = tanh(matmul(h, ctx.variable(`w${i}`)))
  const loss = mean(square(h))
  return { loss, train: sgd({ learningRate: 0.1 }).minimize(loss, ctx.variables()) }
}
function variables() {
  const env = runtime.variables()
  for (let i = 0; i < 8; i++) env.name(`w${i}`).set(hostArray(values(32 * 32, i), [32, 32]))
  return env
}

/** Losses of three steps, and how many plans were compiled for them. */
async function train(rematerialise?: Policy, env = variables()): Promise<{ losses: number[]; compiled: number }> {
  const before = runtime.plansCompiled
  const step = env.compile(body, { rematerialise })
  const losses: number[] = []
  for (let i = 0; i < 3; i++) losses.push((await step(feeds)).loss.item())
  return { losses, compiled: runtime.plansCompiled - before }
}

describe('a policy that changes', () => {
  it('compiles another plan, and only that', async () => {
    const plain = await train()
    expect((await train()).compiled).toBe(0)
    expect(await train(sqrt())).toEqual({ losses: plain.losses, compiled: 1 })
    expect(await train(everyN(2))).toEqual({ losses: plain.losses, compiled: 1 })
    for (const again of [sqrt(), everyN(2), undefined])
      expect(await train(again)).toEqual({ losses: plain.losses, compiled: 0 })
    const own: Policy = () => 'mustRecompute'
    expect((await train(own)).compiled).toBe(1)
    // Without a key it is like no other, but like itself.
    expect((await train(own)).compiled).toBe(0)
    expect((await train(() => 'mustRecompute')).compiled).toBe(1)
  })
})

describe('a policy that is refused', () => {
  it.each<[name: string, policy: Policy, error: new (message: string) => Error]>([
    ['because it throws', () => Object.keys(null as never) as never, SettingError],
    ['because it answers nonsense', () => 'perhaps' as never, SettingError],
    ['because its budget cannot be kept', budget(10), SettingError],
    ['because it names what is not there', saveNames('attention'), NameError],
    [
      'because it plans a tensor of another graph',
      Object.assign(() => 'mustSave' as const, { plan: () => new Map([[tensor([1]), 1]]) }),
      SettingError,
    ],
    [
      'because it asks about a tensor of another graph',
      Object.assign(() => 'mustSave' as const, {
        plan: ({ peakOf }: Stage) => new Map([[tensor([1]), peakOf(new Map([[tensor([1]), 1]]))]]),
      }),
      SettingError,
    ],
  ])('%s compiles nothing, and loses nothing', async (_, policy, error) => {
    const want = await train()
    const env = variables()
    const before = runtime.plansCompiled
    await expect(train(policy, env)).rejects.toBeInstanceOf(error)
    expect(runtime.plansCompiled).toBe(before)
    expect((await train(sqrt(), env)).losses).toEqual(want.losses)
  })
})
