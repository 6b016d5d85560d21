import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { apply, assign, createRuntime, defineOp, full, tensor, type Op } from '../src/index.ts'

const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())
const valueOf = async <A>(op: Op<A>, attrs: A): Promise<number> =>
  (await rt.evaluate([apply(op, [tensor([1])], ...([attrs] as never))]))[0].item()

describe('one plan serves two programs only if they are the same', () => {
  it('results are no assignments', async () => {
    const env = rt.variables()
    env.name('v').set([1, 2])
    await env.compile((ctx) => {
      const v = ctx.variable('v')
      return { y: v.mul(2), train: assign(v, v.add(1)) }
    })()
    const results = await env.run((ctx) => {
      const v = ctx.variable('v')
      return ctx.evaluator().push(v.mul(2), v, v.add(1)).run()
    })
    expect(results.map((h) => h.array())).toEqual([
      [4, 6],
      [2, 3],
      [3, 4],
    ])
    expect((await env.name('v').get()).array()).toEqual([2, 3])
  })

  it('the number of an op is apart from its attrs', async () => {
    const ops = Array.from({ length: 40 }, (_, k) =>
      defineOp<number>({ name: `test/op${k}`, expr: ([x], a) => x.mul(100 * k + a) }),
    )
    for (const [k, op] of ops.entries()) expect(await valueOf(op, 0)).toBe(100 * k)
    for (let k = 0; k < 4; k++) for (const a of [10, 20, 30]) expect(await valueOf(ops[k], a)).toBe(100 * k + a)
  })

  it.each<[string, (() => unknown)[]]>([
    ['lists of undefined', [() => [], () => [undefined], () => [undefined, undefined]]],
    [
      'NaN, infinities, zeros, and their names',
      [
        () => NaN,
        () => 'NaN',
        () => Infinity,
        () => -Infinity,
        () => 0,
        () => -0,
        () => null,
        () => undefined,
        () => false,
        () => '',
      ],
    ],
    [
      'names that look like several',
      [() => ({ a: 1, b: 2 }), () => ({ 'a:1,b': 2 }), () => ({ a: { b: 2 } }), () => ({ 'a:{b': 2 })],
    ],
    ['typed arrays', [() => Float32Array.of(1, 2), () => Float32Array.of(12), () => new Float32Array(0)]],
  ])('attrs: %s', async (_, list) => {
    const all = list.map((make) => make())
    const op = defineOp<{ a: unknown }>({
      name: 'test/attrs',
      expr: ([x], { a }) => x.mul(all.findIndex((b) => Object.is(a, b))),
    })
    for (const [i, a] of all.entries()) expect(await valueOf(op, { a })).toBe(i)
  })

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a symbol', Symbol('a')],
    ['a Map', new Map([[1, 2]])],
    ['a Date', new Date(0)],
  ])('attrs that cannot be told apart are refused: %s', async (_, a) => {
    await expect(
      valueOf(defineOp<{ a: unknown }>({ name: 'test/odd', expr: ([x]) => x }), { a }),
    ).rejects.toMatchObject({ code: 'DTYPE' })
  })
})

describe('constant folding', () => {
  it('computes a part of a formula that is used twice once', async () => {
    const doubled = defineOp({
      name: 'test/doubled',
      expr: ([x]) => Array.from({ length: 60 }).reduce<typeof x>((y) => y.add(y), x),
    })
    expect((await rt.evaluate([apply(doubled, [full([], 1, { dtype: 'float64' })])]))[0].item()).toBe(2 ** 60)
  })
})
