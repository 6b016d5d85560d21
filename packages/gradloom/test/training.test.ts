import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  checkpoint,
  cpu,
  createRng,
  createRuntime,
  nn,
  optim,
  type HostArray,
  type Runtime,
  type Tensor,
  type VariableEnvironment,
} from '../src/index.ts'

let rt: Runtime
beforeAll(() => {
  rt = createRuntime({ backends: [cpu({ placement: 'inline', threads: 1 })] })
})
afterAll(() => rt.close())

const { batchNorm, dropout, linear, sequential } = nn.layers
const x = [
  [1, 2],
  [3, -1],
  [-2, 0.5],
  [0, 1],
]
const y = Int32Array.of(0, 1, 2, 0)
const lossOf = (scores: Tensor, labels: Tensor): Tensor =>
  nn.sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })

type Train = (x: number[][], y: Int32Array) => Promise<number>
interface Trainer {
  readonly env: VariableEnvironment
  readonly net: nn.Model
  compile(optimizer?: nn.ModelTraining['optimizer'], loss?: nn.ModelTraining['loss']): Train
}
const trainer = (
  seed: number,
  layer: nn.layers.Layer = sequential(linear(2, 8), batchNorm(8), nn.relu, linear(8, 3)),
): Trainer => {
  const env = rt.variables()
  const net = nn.model(env, layer, createRng(seed))
  return {
    env,
    net,
    compile: (optimizer = optim.adam({ learningRate: 0.05 }), loss = lossOf) => net.compile({ loss, optimizer }),
  }
}
const times = async (train: Train, n: number): Promise<number[]> => {
  const losses: number[] = []
  for (let i = 0; i < n; i++) losses.push(await train(x, y))
  return losses
}
/** A training run of 5 steps, saved after 3 of them. */
async function saved(): Promise<{ file: Map<string, HostArray>; losses: number[]; end: Map<string, HostArray> }> {
  const { env, compile } = trainer(1)
  const train = compile()
  await times(train, 3)
  const file = await env.save()
  const losses = await times(train, 2)
  return { file, losses, end: await env.save() }
}

describe('a run that is saved whole', () => {
  it('goes on where it stopped, loaded before the first step', async () => {
    const { file, losses, end } = await saved()
    expect([...file.keys()]).toContain('optimizer/m/0/weight')
    const { env, compile } = trainer(2)
    const train = compile()
    env.load(file)
    expect(await times(train, 2)).toEqual(losses)
    expect(await env.save()).toEqual(end)
  })
  it('goes on where it stopped, loaded after other steps, and in the middle of them', async () => {
    const { file, losses, end } = await saved()
    const { env, compile } = trainer(2)
    const train = compile()
    await times(train, 4)
    env.load(file)
    expect(await times(train, 2)).toEqual(losses)
    const calls = times(train, 1)
    env.load(file)
    expect([(await calls).length, ...(await times(train, 2))]).toEqual([1, ...losses])
    expect(await env.save()).toEqual(end)
  })
  it('is told what to do where the state has no place yet, and nothing changes', async () => {
    const { file, losses } = await saved()
    const { env, net, compile } = trainer(2)
    const fresh = await net.save()
    expect(() => env.load(file)).toThrow(
      expect.objectContaining({
        name: 'NameError',
        message: expect.stringMatching(/^load: .*optimizer\/step.*compile/s) as string,
      }),
    )
    expect(await net.save()).toEqual(fresh)
    const train = compile()
    env.load(file)
    expect(await times(train, 2)).toEqual(losses)
  })
  it('has the learning rate as it was, whatever the step was compiled with', async () => {
    const { file, losses } = await saved()
    const { env, compile } = trainer(2)
    const train = compile(optim.adam({ learningRate: 3 }))
    env.load(file)
    expect(await times(train, 2)).toEqual(losses)
  })
})

describe('another optimizer', () => {
  const begun = async (
    first: nn.ModelTraining['optimizer'] | null,
    second: nn.ModelTraining['optimizer'],
  ): Promise<{ losses: number[]; names: string[] }> => {
    const { env, net, compile } = trainer(1)
    const start = await net.save()
    if (first) await times(compile(first), 3)
    net.load(start)
    const losses = await times(compile(second), 3)
    return { losses, names: env.variableNames() }
  }
  it.each<[string, () => nn.ModelTraining['optimizer'], () => nn.ModelTraining['optimizer']]>([
    ['adam of another rate', () => optim.adam({ learningRate: 1e-3 }), () => optim.adam({ learningRate: 0.3 })],
    ['sgd after adam', () => optim.adam(), () => optim.sgd({ learningRate: 0.5 })],
    [
      'momentum after plain descent',
      () => optim.sgd({ learningRate: 1 }),
      () => optim.sgd({ learningRate: 0.1, momentum: 0.9 }),
    ],
    ['state of other sizes', () => optim.lbfgs({ history: 3 }), () => optim.lbfgs({ history: 7 })],
    [
      'a rate after a schedule',
      () => optim.adam({ learningRate: optim.cosine(1, { steps: 9 }) }),
      () => optim.adam({ learningRate: 0.01 }),
    ],
  ])('begins anew, with its own settings: %s', async (_, first, second) => {
    expect(await begun(first(), second())).toEqual(await begun(null, second()))
  })
  it('ends the steps of the one before with an error that says so', async () => {
    const { env, compile } = trainer(1)
    const old = compile(optim.adam())
    await times(old, 1)
    const now = compile(optim.sgd({ learningRate: 0.1 }))
    await expect(old(x, y)).rejects.toMatchObject({
      name: 'DisposedError',
      message: expect.stringMatching(/^optimizer\/.*another optimizer/) as string,
    })
    expect((await times(now, 1)).length).toBe(1)
    expect(env.variableNames().filter((name) => name.startsWith('optimizer/'))).toEqual(['optimizer/learningRate'])
  })
  it('is none where it is the same: its steps share the state, and shapes do too', async () => {
    const { env, compile } = trainer(1)
    const optimizer = optim.adam()
    const one = compile(optimizer)
    await times(one, 2)
    const two = compile(optimizer, (scores, labels) => lossOf(scores, labels).mul(2))
    await two(x.slice(0, 2), y.slice(0, 2))
    await times(one, 1)
    expect((await env.name('optimizer/step').get()).item()).toBe(4)
  })
  it('is none where it has other parameters and the same settings: both go on', async () => {
    const { env } = trainer(1)
    const [one, two] = ['0/weight', '0/bias'].map((name) =>
      env.compile((ctx) => ({ train: optim.adam().minimize(ctx.variable(name).sum(), [ctx.variable(name)]) })),
    )
    for (let i = 0; i < 2; i++) {
      await one!({})
      await two!({})
    }
    expect(env.variableNames()).toEqual(expect.arrayContaining(['optimizer/m/0/weight', 'optimizer/m/0/bias']))
  })
  it('in a step of env.compile is another too, and the same step in two sizes is none', async () => {
    const { env } = trainer(1)
    const compiled = (learningRate: number) =>
      env.compile((ctx) => {
        const weight = ctx.variable('0/weight')
        return { train: optim.adam({ learningRate }).minimize(weight.mul(ctx.placeholder('by', [-1])).sum(), [weight]) }
      })
    const first = compiled(1e-3)
    await first({ by: [1] })
    const second = compiled(1)
    const before = (await env.name('0/weight').get()).data[0]!
    await second({ by: [1] })
    expect((await env.name('0/weight').get()).data[0]! - before).toBeCloseTo(-1, 3)
    await expect(first({ by: [1] })).rejects.toMatchObject({ name: 'DisposedError' })
  })
  it('that is refused leaves the state of the one before', async () => {
    const { env, compile } = trainer(1)
    const train = compile()
    await times(train, 2)
    const state = await env.save()
    expect(() =>
      env.compile((ctx) => ({ train: optim.adam().minimize(ctx.variable('0/bias').sum(), ctx.variables()) })),
    ).toThrow(expect.objectContaining({ name: 'GradError' }))
    expect(await env.save()).toEqual(state)
    expect((await times(train, 1)).length).toBe(1)
  })
})

describe('recomputation', () => {
  const layer = (wrap: <L extends nn.layers.Layer<never>>(layer: L) => L): nn.layers.Layer =>
    sequential(
      ...Array.from({ length: 4 }, (_, i) =>
        wrap(sequential(linear(i ? 16 : 2, 16), batchNorm(16), nn.relu, dropout(0.2)) as never),
      ),
      linear(16, 3),
    )
  const run = async (
    one: nn.layers.Layer,
    rematerialise?: nn.ModelTraining['rematerialise'],
  ): Promise<{ losses: number[]; end: Map<string, HostArray> }> => {
    const { env, net } = trainer(1, one)
    const optimizer = optim.adam()
    const train = net.compile({ loss: lossOf, optimizer, ...(rematerialise && { rematerialise }) })
    return { losses: await times(train, 4), end: await env.save() }
  }
  it('of a model is a setting of its step, with the same bits', async () => {
    const plain = await run(layer((one) => one))
    let asked = 0
    const counting: checkpoint.Policy = () => (asked++, 'mustRecompute')
    expect(
      await run(
        layer((one) => one),
        counting,
      ),
    ).toEqual(plain)
    expect(asked).toBeGreaterThan(0)
    expect(
      await run(
        layer((one) => one),
        checkpoint.sqrt(),
      ),
    ).toEqual(plain)
  })
  it('of a layer is a layer: parameters, statistics and draws are those without it', async () => {
    expect(await run(layer((one) => checkpoint.checkpoint(one)))).toEqual(await run(layer((one) => one)))
  })
  it('of a layer keeps less for the backward pass', async () => {
    const bytes = async (wrap: (one: nn.layers.Layer) => nn.layers.Layer): Promise<number> => {
      const env = rt.variables()
      const one = sequential(...Array.from({ length: 6 }, () => wrap(sequential(linear(32, 32), nn.gelu, nn.gelu))))
      const start = one.init(createRng(1))
      nn.layers.setVariables(env, start)
      const step = env.compile((ctx) => {
        const out = one.apply(nn.layers.getVariables(ctx, start), ctx.placeholder('x', [256, 32]))
        return { train: optim.sgd({ learningRate: 1 }).minimize(out.mul(out).mean(), ctx.variables()) }
      })
      return (await step.plan({ x: new Float32Array(256 * 32) })).arenaBytes
    }
    expect(await bytes((one) => checkpoint.checkpoint(one))).toBeLessThan(0.8 * (await bytes((one) => one)))
  })
  it('of a layer of a class keeps what it has beside', () => {
    class Own implements nn.layers.Layer<{ w: Tensor }> {
      readonly size = 3
      init(rng: ReturnType<typeof createRng>): { w: Tensor } {
        return { w: rng.normal([this.size]) }
      }
      apply({ w }: { w: Tensor }, t: Tensor): Tensor {
        return t.mul(w).mul(this.size)
      }
    }
    const own = checkpoint.checkpoint(new Own(), { policy: checkpoint.saveNothing() })
    const parameters = own.init(createRng(1))
    expect(parameters.w.shape).toEqual([3])
    expect(nn.layers.sequential(own).apply({ 0: parameters }, parameters.w).shape).toEqual([3])
  })
  it.each([null, {}, { apply: 1 }, 3])('of %j is refused by name', (value) => {
    expect(() => checkpoint.checkpoint(value as never)).toThrow(
      expect.objectContaining({ name: 'SettingError', message: expect.stringMatching(/^checkpoint: /) as string }),
    )
  })
})
