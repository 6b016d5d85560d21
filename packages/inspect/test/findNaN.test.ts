import { afterAll, describe, expect, it } from 'vitest'
import { cpu } from '@gradloom/backend-cpu'
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
  reshape,
  scope,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  where,
  type CompiledStep,
  type Results,
  type Runtime,
  type Tensor,
  type VariableEnvironment,
} from '@gradloom/core'
import { dropout, softmax } from '@gradloom/nn'
import { cond, createRng, scan } from '@gradloom/ops'
import { adam, sgd } from '@gradloom/optim'
import { findNaN } from '../src/index.ts'

const runtimes: Record<'inline' | 'worker', Runtime> = {
  inline: createRuntime({ backends: [cpu({ threads: 2 })] }),
  worker: createRuntime({ backends: [cpu({ placement: 'worker' })] }),
}
afterAll(() => Promise.all(Object.values(runtimes).map((rt) => rt.close())))

interface Given {
  /** [1, 2, 3] */
  readonly w: Tensor
  /** Fed [0, 1, 2]. */
  readonly x: Tensor
}
interface Plant {
  readonly op: string
  readonly scope: string
  readonly pass?: 'forward' | 'backward'
  readonly on?: 'inline' | 'worker'
  /** What the op made, of inputs between these. */
  readonly value: number
  readonly from: readonly (readonly [min: number, max: number])[]
  readonly body: (given: Given) => Results
}

const learnt = (w: Tensor, loss: Tensor): Results => ({
  loss,
  train: assign(w, sub(w, mul(grad([loss], [w], { allowUnused: true })[0], 0.1))),
})

const plants: Record<string, Plant> = {
  'forward: the logarithm of a negative number': {
    op: 'log',
    scope: 'encoder/logs',
    value: NaN,
    from: [[-1, -1]],
    body: ({ w, x }) => learnt(w, sum(scope('encoder', () => scope('logs', () => log(sub(x, w)))))),
  },
  'forward: the logarithm of 0': {
    op: 'log',
    scope: 'logs',
    value: -Infinity,
    from: [[0, 2]],
    body: ({ w, x }) =>
      learnt(
        w,
        sum(
          mul(
            scope('logs', () => log(x)),
            w,
          ),
        ),
      ),
  },
  'forward: an exponential that overflows': {
    op: 'exp',
    scope: 'grows',
    value: Infinity,
    from: [[0, 600]],
    body: ({ w, x }) => learnt(w, sum(scope('grows', () => exp(mul(mul(w, x), 100))))),
  },
  'forward: a division by 0': {
    op: 'div',
    scope: 'ratio',
    value: Infinity,
    from: [
      [1, 3],
      [0, 2],
    ],
    body: ({ w, x }) => learnt(w, sum(scope('ratio', () => div(w, x)))),
  },
  'forward: a product of matrices that overflows': {
    op: 'matmul',
    scope: 'head',
    value: Infinity,
    from: [
      [3e38, 3e38],
      [1, 3],
    ],
    body: ({ w }) => learnt(w, sum(scope('head', () => matmul(full([2, 3], 3e38), reshape(w, [3, 1]))))),
  },
  'forward: an infinity that only later becomes NaN': {
    op: 'exp',
    scope: 'first',
    value: Infinity,
    from: [[100, 300]],
    body: ({ w }) => {
      const big = scope('first', () => exp(mul(w, 100)))
      return learnt(w, sum(scope('second', () => sub(big, big))))
    },
  },
  'backward: the derivative of a root at 0': {
    op: 'div',
    scope: 'norm',
    pass: 'backward',
    value: Infinity,
    from: [
      [1, 1],
      [0, Math.SQRT2 * 2],
    ],
    body: ({ w }) => learnt(w, sum(scope('norm', () => sqrt(sub(w, 1))))),
  },
  'backward: of what a where does not choose': {
    op: 'div',
    scope: 'safe',
    pass: 'backward',
    value: NaN,
    from: [
      [0, 1],
      [0, 6],
    ],
    body: ({ w, x }) => learnt(w, sum(scope('safe', () => where(x.cast('bool'), log(mul(w, x)), 0)))),
  },
  'backward: the derivative of a power below 1 at 0': {
    op: 'pow',
    scope: 'powers',
    pass: 'backward',
    value: Infinity,
    from: [
      [0, 6],
      [-0.5, -0.5],
    ],
    body: ({ w, x }) => learnt(w, sum(scope('powers', () => pow(mul(w, x), 0.5)))),
  },
  'backward: of a gradient': {
    op: 'div',
    scope: 'penalty',
    pass: 'backward',
    value: Infinity,
    from: [
      [1, 1],
      [0, 0],
    ],
    body: ({ w }) => {
      const [g] = grad([sum(mul(square(sub(w, w)), w))], [w])
      return learnt(
        w,
        scope('penalty', () => sqrt(sum(square(g)))),
      )
    },
  },
  'optimizer: its learning rate': {
    op: 'mul',
    scope: 'optimizer',
    value: -Infinity,
    from: [
      [0, 2e20],
      [-1e20, -1e20],
    ],
    body: ({ w, x }) => {
      const loss = sum(mul(mul(w, x), 1e20))
      return { loss, train: sgd({ learningRate: 1e20 }).minimize(loss, [w]) }
    },
  },
  'optimizer: the square of a gradient': {
    op: 'mul',
    scope: 'second',
    value: Infinity,
    from: [
      [0, 2e25],
      [0, 2e25],
    ],
    body: ({ w, x }) => {
      const loss = sum(mul(mul(w, x), 1e25))
      return { loss, train: adam().minimize(loss, [w], { name: 'second' }) }
    },
  },
  'optimizer: an update of one’s own': {
    op: 'div',
    scope: 'normalised',
    value: Infinity,
    from: [
      [1, 3],
      [0, 0],
    ],
    body: ({ w, x }) => ({
      loss: sum(x),
      train: assign(
        w,
        scope('normalised', () => div(w, sum(mul(x, 0)))),
      ),
    }),
  },
  'scan: an iteration': {
    op: 'sqrt',
    scope: 'recurrent/cell',
    value: NaN,
    from: [[-0.2, 0.116074]],
    body: ({ w }) => {
      const cell = (c: Tensor, y: Tensor): [Tensor, null] => [scope('cell', () => sqrt(sub(c, y))), null]
      return learnt(w, sum(scope('recurrent', () => scan(cell, w, tensor([0, 0, 1.2])))[0]))
    },
  },
  'scan: what a scan within a scan gives': {
    op: 'log',
    scope: 'outer/inner',
    value: NaN,
    from: [[-0.5, -0.5]],
    body: ({ w, x }) => {
      const inner = (c: Tensor, y: Tensor): [Tensor, Tensor] => [c, scope('inner', () => log(sub(y, 1.5)))]
      const outer = (c: Tensor): [Tensor, Tensor] => [c, scan(inner, c, tensor([4, 3, 2, 1]), { reverse: true })[1]]
      return learnt(w, add(sum(scope('outer', () => scan(outer, w, x))[1]), sum(w)))
    },
  },
  'scan: its backward pass': {
    op: 'div',
    scope: 'cell',
    pass: 'backward',
    value: Infinity,
    from: [],
    body: ({ w }) => {
      const cell = (c: Tensor, y: Tensor): [Tensor, null] => [scope('cell', () => add(c, sqrt(mul(c, y)))), null]
      return learnt(w, sum(scan(cell, sub(w, 1), tensor([1, 2, 3]))[0]))
    },
  },
  'branch: the one that is taken': {
    op: 'log',
    scope: 'taken',
    value: NaN,
    from: [[-8, -6]],
    body: ({ w, x }) => {
      const bad = (v: Tensor): Tensor => scope('taken', () => log(sub(v, 9)))
      return learnt(w, sum(cond(max(x).cast('bool'), bad, (v: Tensor) => square(v), w)))
    },
  },
  'fusion: one of seven maps of a kernel': {
    op: 'sqrt',
    scope: 'third',
    value: NaN,
    from: [[-3, -1]],
    body: ({ w, x }) => {
      const h = add(exp(mul(x, 0.1)), 1)
      const bad = scope('third', () => sqrt(mul(w, -1)))
      return learnt(w, sum(mul(square(add(h, bad)), 0.5)))
    },
  },
  'worker: forward, within a softmax’s kernel': {
    op: 'mul',
    scope: 'scores',
    on: 'worker',
    value: Infinity,
    from: [
      [0, 6],
      [1e38, 1e38],
    ],
    body: ({ w, x }) => learnt(w, mean(square(softmax(scope('scores', () => mul(mul(w, x), 1e38)))))),
  },
  'worker: backward, in a scan': {
    op: 'div',
    scope: 'root',
    pass: 'backward',
    on: 'worker',
    value: Infinity,
    from: [],
    body: ({ w, x }) => {
      const cell = (c: Tensor, y: Tensor): [Tensor, null] => [
        add(
          c,
          scope('root', () => sqrt(mul(w, y))),
        ),
        null,
      ]
      return learnt(w, sum(scan(cell, w, x)[0]))
    },
  },
}

const feeds = { x: [0, 1, 2] }
function started(rt: Runtime, body: Plant['body']): { env: VariableEnvironment; step: CompiledStep<Results> } {
  const env = rt.variables()
  env.name('w').set([1, 2, 3])
  return { env, step: env.compile((ctx) => body({ w: ctx.variable('w'), x: ctx.placeholder('x', [3]) })) }
}

describe('findNaN', () => {
  it('has 20 plants', () => expect(Object.keys(plants)).toHaveLength(20))

  it.each(Object.keys(plants))('finds %s', async (what) => {
    const { op, scope: path, pass = 'forward', on = 'inline', value, from, body } = plants[what]
    const { env, step } = started(runtimes[on], body)
    const before = [...(await env.save())].map(([name, v]) => [name, v.array()])
    const found = await findNaN(step, feeds)
    expect({ ...found, inputs: undefined }).toMatchObject({ op, scope: path, pass, leaf: '', value })
    expect(found!.inputs.length).toBeGreaterThan(0)
    from.forEach(([min, max], i) => {
      expect(found!.inputs[i].min).toBeCloseTo(min, 4 - Math.round(Math.log10(Math.abs(min) + 1)))
      expect(found!.inputs[i].max / (max || 1)).toBeCloseTo(max ? 1 : 0, 4)
    })
    expect(found!.inputs.every(({ nans }) => nans === 0)).toBe(true)
    expect(String(found)).toMatch(new RegExp(`^${op}: finite results required, got .* in ${path}`))
    expect(structuredClone({ ...found })).toEqual({ ...found })
    expect([...(await env.save())].map(([name, v]) => [name, v.array()])).toEqual(before)
    expect(step.runs).toBe(0)
    env.dispose()
  })

  it('finds nothing where there is nothing, changes nothing, and the step goes on as it would have', async () => {
    const body: Plant['body'] = ({ w, x }) => learnt(w, sum(dropout(mul(w, x), { rate: 0.5, rng: createRng(1) })))
    const losses = async (look: boolean): Promise<number[]> => {
      const { env, step } = started(runtimes.inline, body)
      const all: number[] = []
      for (let i = 0; i < 4; i++) {
        if (look) expect(await findNaN(step, feeds)).toBeNull()
        all.push(((await step(feeds)) as { loss: { item(): number } }).loss.item())
      }
      env.dispose()
      return all
    }
    expect(await losses(true)).toEqual(await losses(false))
  })

  it('does not stop what trains meanwhile', async () => {
    const { env, step } = started(runtimes.inline, ({ w, x }) => learnt(w, sum(mul(w, x))))
    const [, found] = await Promise.all([step(feeds), findNaN(step, feeds), step(feeds)])
    expect(found).toBeNull()
    const value = (await env.name('w').get()).array() as number[]
    expect(value[2]).toBeCloseTo(3 - 2 * 0.2, 5)
    env.dispose()
  })

  it('tells a NaN that was given by its placeholder or variable', async () => {
    const { env, step } = started(runtimes.inline, ({ w, x }) => learnt(w, sum(mul(w, x))))
    expect(await findNaN(step, { x: [0, NaN, 2] })).toMatchObject({
      op: 'placeholder',
      leaf: 'x',
      index: [1],
      count: 1,
    })
    env.name('w').set([1, 2, NaN])
    expect(await findNaN(step, feeds)).toMatchObject({ op: 'variable', leaf: 'w', index: [2] })
    env.dispose()
  })

  it('works beside debugNaN', async () => {
    const rt = createRuntime({ backends: [cpu()], debugNaN: true })
    const { step } = started(rt, plants['forward: a division by 0'].body)
    expect(await findNaN(step, feeds)).toMatchObject({ op: 'div', scope: 'ratio', index: [0], count: 1 })
    await expect(step(feeds)).rejects.toMatchObject({ code: 'NAN', blame: { op: 'div' } })
    await rt.close()
  })

  it('takes compiled steps alone, and passes on what they throw', async () => {
    await expect(findNaN((() => Promise.resolve({})) as never)).rejects.toThrow(/^findNaN: a compiled step required/)
    const { env, step } = started(runtimes.inline, ({ w, x }) => learnt(w, sum(mul(w, x))))
    await expect(findNaN(step)).rejects.toMatchObject({ name: 'FeedError' })
    env.dispose()
  })
})
