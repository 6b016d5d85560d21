import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import {
  apply,
  createRuntime,
  defineOp,
  exp,
  grad,
  greater,
  matmul,
  mean,
  mul,
  pow,
  scope,
  sum,
  tanh,
  zeros,
  type Context,
  type Plan,
  type Tensor,
} from '../src/index.ts'
import { cond, logSumExp, scan, variance } from '@gradloom/ops'

/** A kernel an op, so that each step has the scope of one node. */
const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())

const planOf = (body: (x: Tensor, ctx: Context) => Record<string, Tensor>): Promise<Plan> =>
  rt
    .variables()
    .compile((ctx) => body(ctx.placeholder('x', [-1, 3], 'float64'), ctx))
    .plan({
      x: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    })
/** The labels of the steps in each scope. */
const labels = ({ steps }: Plan): Record<string, string[]> =>
  Object.fromEntries(steps.map(({ scope: at }) => [at, steps.filter((s) => s.scope === at).map((s) => s.label)]))

describe('what stands for a node has its scope', () => {
  it('decompositions, also of decompositions', async () => {
    const plan = await planOf((x) => ({
      y: scope('loss', () => logSumExp(x, { axis: 1 })),
      z: scope('norm', () => scope('inner', () => variance(x))),
    }))
    expect(Object.keys(labels(plan)).sort()).toEqual(['loss', 'norm/inner'])
    expect(labels(plan).loss.length).toBeGreaterThan(2)
  })

  it('simpler forms', async () => {
    expect(labels(await planOf((x) => ({ y: scope('square', () => pow(x, 2)) })))).toEqual({ square: ['mul'] })
  })

  it('gradients of every order, by a rule or through a decomposition, wherever they are asked for', async () => {
    const smooth = defineOp({ name: 'test/smooth', infer: ([x]) => x, decompose: ([x]) => mul(tanh(x), exp(x)) })
    const { plan } = rt.variables().compile((ctx) => {
      const x = ctx.placeholder('x', [-1, 3], 'float64')
      const w = ctx.placeholder('w', [3, 2], 'float64')
      const h = scope('encoder', () => apply(smooth, [x]))
      const y = scope('head', () => mean(exp(matmul(h, w))))
      return scope('train', () => {
        const [gw, gx] = grad([y], [w, x])
        return { gw, gxx: grad([sum(gx)], [x])[0] }
      })
    })
    const found = labels(
      await plan({
        x: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        w: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      }),
    )
    expect(Object.keys(found).sort()).toEqual(['encoder', 'head'])
    expect(found.head.filter((l) => l === 'matmul').length).toBeGreaterThan(3)
    expect(found.encoder.every((l) => l !== 'matmul')).toBe(true)
  })

  it('bodies of scans and conds, and their gradients', async () => {
    const { steps } = await planOf((x) => {
      const [c] = scope('rnn', () =>
        scan(
          (h: Tensor, row: Tensor) => [scope('cell', () => tanh(mul(h, row))), null],
          zeros([3], { dtype: 'float64' }),
          x,
        ),
      )
      const y = scope('gate', () =>
        cond(
          greater(sum(c), 0),
          () => exp(c),
          () => scope('other', () => logSumExp(mul(c, x)).mul(c)),
        ),
      )
      return { g: grad([scope('gate', () => sum(y))], [x])[0] }
    })
    const inner = steps.flatMap((s) =>
      s.type === 'scan' ? s.plan.steps : s.type === 'cond' ? s.branches.flatMap((b) => b.plan.steps) : [],
    )
    const scopes = new Set([...steps, ...inner].filter((s) => s.label !== 'copy').map((s) => s.scope))
    expect([...scopes].sort()).toEqual(['gate', 'gate/other', 'rnn', 'rnn/cell'])
  })
})

describe('errors while a graph is built', () => {
  const failing = (): Tensor => matmul(zeros([2, 3]), zeros([4, 5]))
  it('quote the innermost scope once, in message and stack', () => {
    const error = ((): unknown => {
      try {
        return scope('encoder', () => scope('attention', failing))
      } catch (e) {
        return e
      }
    })() as Error
    expect(error.name).toBe('ShapeError')
    expect(error.message).toMatch(/^matmul: .* in encoder\/attention$/)
    expect(error.stack).toContain(error.message)
  })
  it('quote it too where sizes are known with the feeds alone, in loops and gradients as well', async () => {
    const env = rt.variables()
    const fails = async (body: (x: Tensor) => Tensor, message: RegExp): Promise<void> => {
      const step = env.compile((ctx) => ({ y: body(ctx.placeholder('x', [-1, -1])) }))
      await expect(step({ x: [[1, 2, 3]] })).rejects.toThrow(message)
      expect((await step({ x: [[2]] })).y.item()).toBe(4)
    }
    await fails((x) => scope('head', () => matmul(x, x)), /^matmul: .* in head$/)
    await fails(
      (x) =>
        scope('rnn', () => scan((h: Tensor) => [scope('cell', () => matmul(h, x)), null], x, null, { length: 1 })[0]),
      /^matmul: .* in rnn\/cell$/,
    )
    await fails((x) => {
      const y = scope('body', () => matmul(x, x))
      return scope('train', () => grad([sum(y)], [x])[0])
    }, /^matmul: .* in body$/)
  })
  it('stay as they are without a scope, and where they are not of this library', () => {
    expect(failing).toThrow(/^matmul: ((?! in ).)*$/)
    const own = new Error('mine')
    expect(() =>
      scope('encoder', () => {
        throw own
      }),
    ).toThrow(/^mine$/)
  })
})
