import { afterAll, describe, expect, it } from 'vitest'
import { reference } from '@gradloom/conformance'
import {
  add,
  assign,
  createRuntime,
  div,
  exp,
  full,
  grad,
  log,
  matmul,
  max,
  mean,
  mul,
  pow,
  scope,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  where,
  type Context,
  type Results,
  type Runtime,
  type Tensor,
  type VariableEnvironment,
} from '@gradloom/core'
import { layers, relu, scaledDotProductAttention, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { arange, asin, cond, createRng, scan, variance } from '@gradloom/ops'
import { adam, sgd } from '@gradloom/optim'
import { cpu } from '../src/index.ts'

const runtimes: Record<string, Runtime> = {
  reference: createRuntime({ backends: [reference()], debugNaN: true }),
  inline: createRuntime({ backends: [cpu({ threads: 2 })], debugNaN: true }),
  worker: createRuntime({ backends: [cpu({ placement: 'worker' })], debugNaN: true }),
}
afterAll(() => Promise.all(Object.values(runtimes).map((rt) => rt.close())))

interface Plant {
  readonly op: string
  /** Where it was planted, as the message tells. */
  readonly scope: string
  readonly isBackward?: boolean
  /** Gets variables w [3] = [1, 2, 3] and m [3, 3], and x, which is fed [0, 1, 2]. */
  readonly body: (of: { readonly w: Tensor; readonly m: Tensor; readonly x: Tensor; readonly ctx: Context }) => Results
}

const update = (w: Tensor, loss: Tensor): Results => ({
  loss,
  train: assign(w, sub(w, mul(grad([loss], [w], { allowUnused: true })[0], 0.1))),
})

const plants: Record<string, Plant> = {
  'a logarithm below 0': {
    op: 'log',
    scope: 'encoder/logs',
    body: ({ w, x }) => update(w, sum(scope('encoder', () => scope('logs', () => log(sub(x, w)))))),
  },
  'a root of a negative number, between other maps of one kernel': {
    op: 'sqrt',
    scope: 'roots',
    body: ({ w, x }) =>
      update(
        w,
        sum(
          mul(
            add(
              scope('roots', () => sqrt(sub(x, w))),
              1,
            ),
            exp(x),
          ),
        ),
      ),
  },
  'an overflow': {
    op: 'exp',
    scope: 'grows',
    body: ({ w, x }) => update(w, sum(scope('grows', () => exp(mul(w, add(mul(x, 100), 90)))))),
  },
  'a division by 0': {
    op: 'div',
    scope: 'ratio',
    body: ({ w, x }) => update(w, sum(scope('ratio', () => div(w, x)))),
  },
  '0 / 0, which goes on as NaN': {
    op: 'div',
    scope: 'ratio',
    body: ({ w, x }) => update(w, mean(square(scope('ratio', () => div(mul(w, x), x))))),
  },
  'an overflow that later becomes NaN': {
    op: 'exp',
    scope: 'first',
    body: ({ w, x }) => {
      const big = scope('first', () => exp(mul(w, 100)))
      return update(w, sum(scope('second', () => add(sub(big, big), x))))
    },
  },
  'a product of matrices that overflows': {
    op: 'matmul',
    scope: 'head',
    body: ({ w, m }) => update(w, sum(scope('head', () => matmul(mul(m, 3e37), w.reshape([3, 1]))))),
  },
  'a power': {
    op: 'pow',
    scope: 'powers',
    body: ({ w, x }) => update(w, sum(scope('powers', () => pow(sub(x, w), 0.5)))),
  },
  'an op of another package': {
    op: 'asin',
    scope: 'angles',
    body: ({ w, x }) => update(w, sum(scope('angles', () => asin(add(w, x))))),
  },
  'an op that is decomposed': {
    op: 'variance',
    scope: 'spread',
    body: ({ w, x }) => update(w, sum(scope('spread', () => variance(mul(w, add(mul(x, 1e20), 1e30)))))),
  },
  'the derivative of a root at 0': {
    op: 'div',
    scope: 'norm',
    isBackward: true,
    body: ({ w }) => update(w, sum(scope('norm', () => sqrt(sub(w, [1, 1, 1]))))),
  },
  'the derivative behind a where, which shows the value to be fine': {
    op: 'div',
    scope: 'safe',
    isBackward: true,
    body: ({ w, x }) => update(w, sum(scope('safe', () => where(x.cast('bool'), log(mul(w, x)), 0)))),
  },
  'the derivative of a power below 1 at 0': {
    op: 'pow',
    scope: 'powers',
    isBackward: true,
    body: ({ w, x }) => update(w, sum(scope('powers', () => pow(mul(w, x), 0.5)))),
  },
  'an optimizer, by its learning rate': {
    op: 'mul',
    scope: 'optimizer',
    body: ({ w, x }) => {
      const loss = sum(mul(mul(w, x), 1e20))
      return { loss, train: sgd({ learningRate: 1e20 }).minimize(loss, [w]) }
    },
  },
  'an optimizer, by the square of a gradient': {
    op: 'mul',
    scope: 'second',
    body: ({ w, x }) => {
      const loss = sum(mul(mul(w, x), 1e25))
      return { loss, train: adam().minimize(loss, [w], { name: 'second' }) }
    },
  },
  'an iteration of a scan': {
    op: 'sqrt',
    scope: 'recurrent/cell',
    body: ({ w }) => {
      const cell = (c: Tensor, x: Tensor): [Tensor, null] => [scope('cell', () => sqrt(sub(c, x))), null]
      const [last] = scope('recurrent', () => scan(cell, w, full([300], 0.3)))
      return update(w, sum(last))
    },
  },
  'the ys of a scan that runs backwards, in a scan': {
    op: 'log',
    scope: 'outer/inner',
    body: ({ w, x }) => {
      const inner = (c: Tensor, y: Tensor): [Tensor, Tensor] => [c, scope('inner', () => log(sub(y, 4.5)))]
      const outer = (c: Tensor, y: Tensor): [Tensor, Tensor] => [c, scan(inner, y, arange(1, 21), { reverse: true })[1]]
      return update(w, sum(add(sum(scope('outer', () => scan(outer, w, x)[1])), sum(w))))
    },
  },
  'the backward pass of a scan': {
    op: 'div',
    scope: 'cell',
    isBackward: true,
    body: ({ w }) => {
      const cell = (c: Tensor, x: Tensor): [Tensor, null] => [scope('cell', () => add(c, sqrt(mul(c, x)))), null]
      return update(w, sum(scan(cell, sub(w, 1), tensor([1, 2, 3, 4]))[0]))
    },
  },
  'the branch that is taken': {
    op: 'log',
    scope: 'branch',
    body: ({ w, x }) => {
      const bad = (v: Tensor): Tensor => scope('branch', () => log(sub(v, 9)))
      return update(w, sum(cond(max(x).cast('bool'), bad, (v: Tensor) => square(v), w)))
    },
  },
  'an attention that sees nothing': {
    op: 'attention',
    scope: 'block',
    body: ({ w, m }) => {
      const mask = tensor([
        [true, false, false],
        [false, false, false],
        [true, true, true],
      ])
      return update(w, sum(scope('block', () => scaledDotProductAttention(mul(m, w), m, m, { mask }))))
    },
  },
}

/** Variables as every plant finds them. */
function started(rt: Runtime): VariableEnvironment {
  const env = rt.variables()
  env.name('w').set([1, 2, 3])
  env.name('m').set([
    [1, -2, 3],
    [4, 5, 2],
    [3, 1, 9],
  ])
  return env
}

const refusalOf = async (body: () => Promise<unknown>): Promise<Error & { code?: string }> => {
  try {
    await body()
  } catch (error) {
    return error as Error
  }
  throw new Error('it was not refused')
}

describe.each(Object.keys(runtimes))('debugNaN, %s', (on) => {
  const rt = runtimes[on]

  it.each(Object.keys(plants))('names the op and scope of %s', async (what) => {
    const { op, scope: path, isBackward = false, body } = plants[what]
    const env = started(rt)
    const step = env.compile((ctx) =>
      body({ w: ctx.variable('w'), m: ctx.variable('m'), x: ctx.placeholder('x', [-1]), ctx }),
    )
    const before = [...(await env.save())].map(([name, value]) => [name, value.array()])
    const { code, name, message } = await refusalOf(() => step({ x: [0, 1, 2] }))
    expect([name, code]).toEqual(['NaNError', 'NAN'])
    expect(message.slice(0, message.indexOf(':'))).toBe(op)
    expect(message).toContain(` in ${path}${isBackward ? ' (backward)' : ''};`)
    expect(message).toMatch(/float32 \[[\d, ]*\] (between|without)/)
    expect([...(await env.save())].map(([n, value]) => [n, value.array()])).toEqual(before)
    env.dispose()
  })

  it('lets numbers pass, through steps, initial values, evaluators and kept tensors', async () => {
    const env = rt.variables()
    const network = layers.sequential(layers.linear(3, 8), relu, layers.linear(8, 2))
    const start = network.init(createRng(1))
    layers.setVariables(env, start)
    const step = env.compile((ctx) => {
      const scores = network.apply(layers.getVariables(ctx, start), ctx.placeholder('x', [-1, 3]))
      const loss = sparseSoftmaxCrossEntropy(scores, ctx.placeholder('y', [-1], 'int32'), { reduction: 'mean' })
      return { loss, train: adam({ learningRate: 0.05 }).minimize(loss, ctx.variables()) }
    })
    const x = [
      [1, 2, 3],
      [-1, 0, 2],
    ]
    const losses: number[] = []
    // All at once: each begins when the one before has changed the variables.
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        losses.push((await step({ x, y: [0, 1] })).loss.item())
      }),
    )
    expect(losses[19]).toBeLessThan(losses[0] / 2)
    const kept = await step({ x, y: [0, 1] }, { keep: true })
    expect(await kept.loss.item()).toBeLessThan(losses[0] / 2)
    env.dispose()
  })

  it('takes infinities that were given as meant, and names NaN that was given', async () => {
    const env = rt.variables()
    const step = env.compile((ctx) => {
      const x = ctx.placeholder('x', [-1])
      return { top: max(x), weights: exp(x) }
    })
    const { top, weights } = await step({ x: [-Infinity, 0] })
    expect([top.item(), weights.array()]).toEqual([0, [0, 1]])
    expect((await step({ x: [Infinity] })).top.item()).toBe(Infinity)
    const { message } = await refusalOf(() => step({ x: [1, NaN, NaN] }))
    expect(message).toContain('placeholder x: numbers required, got NaN at [1], 2 of 3 in float32 [3]')
    env.dispose()
  })

  it('watches initial values', async () => {
    const env = rt.variables()
    env.name('w').set(scope('start', () => log(tensor([1, -1]))))
    const step = env.compile((ctx) => ({ y: square(ctx.variable('w')) }))
    expect((await refusalOf(() => step({}))).message).toMatch(/^log: .* in start;/)
    env.name('w').set([1, 2])
    expect((await step({})).y.array()).toEqual([1, 4])
    env.dispose()
  })

  it('watches evaluators and eager values', async () => {
    await rt.run(async (ctx) => {
      const x = ctx.placeholder('x', [])
      const y = scope('eager', () => log(x))
      const at = (v: number): Promise<unknown> => ctx.evaluator().push(y).feed(x, v).run()
      expect((await refusalOf(() => at(-1))).message).toMatch(/^log: .* in eager;/)
      await at(2)
      const w = tensor([0, 4], { requiresGrad: true })
      const loss = sum(scope('eager', () => sqrt(w)))
      expect(await loss.item()).toBe(2)
      expect((await refusalOf(() => loss.backward().then(() => w.grad!.data()))).message).toMatch(/^div: .*backward/)
    })
  })
})

it('debugNaN watches what is read at once', async () => {
  const rt = runtimes.inline
  await rt.ready()
  await rt.run(() => {
    expect([...exp(tensor([0])).dataSync()]).toEqual([1])
    expect(() => scope('now', () => log(tensor([-1]))).dataSync()).toThrow(/^log: .*between -1 and -1 in now;/)
  })
})

it('without debugNaN values are what they are', async () => {
  const rt = createRuntime({ backends: [cpu()] })
  const [y] = await rt.evaluate([log(tensor([-1, 0]))])
  expect(y.array()).toEqual([NaN, -Infinity])
  await rt.close()
})
