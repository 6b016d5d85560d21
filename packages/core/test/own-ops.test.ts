import { cpu } from '@gradloom/backend-cpu'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  apply,
  cast,
  createRuntime,
  defineOp,
  DTypeError,
  grad,
  mul,
  scope,
  setRuntime,
  SettingError,
  ShapeError,
  sum,
  tensor,
  type OpDefinition,
} from '../src/index.ts'

const rt = createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })] })
beforeAll(() => setRuntime(rt))
afterAll(async () => {
  setRuntime(null)
  await rt.close()
})

const [x, y] = [tensor([1, 2]), tensor([3, 4])]

describe('an op of one own', () => {
  const product = defineOp({
    name: 'acme/product',
    expr: ([a, b]) => a.mul(b),
    vjp: ({ inputs: [a, b], cotangents: [g] }) => [mul(g, b), mul(g, a)],
  })

  it.each([
    ['one gradient for two inputs', 1],
    ['three', 3],
  ])('whose vjp gives %s is refused, and no zeros are given for the rest', (_, count) => {
    const op = defineOp({ ...product, vjp: ({ cotangents: [g] }) => Array.from({ length: count }, () => g) })
    expect(() => grad([sum(apply(op, [x, y]))], [y])).not.toThrow()
    return expect(grad([sum(apply(op, [x, y]))], [y])[0].data()).rejects.toThrow(
      `acme/product: 2 gradients of its vjp required, got ${count}`,
    )
  })

  it('that takes the exponential of integers says what to cast', () => {
    const op = defineOp({ name: 'acme/exp', expr: ([a]) => a.exp() })
    expect(() => apply(op, [tensor([1, 2], { dtype: 'int32' })])).toThrow(DTypeError)
    expect(() => apply(op, [tensor([1, 2], { dtype: 'int32' })])).toThrow("promotion: 'float'")
  })

  it('is refused an input that is not there', () => {
    expect(() => apply(product, [x])).toThrow(SettingError)
  })

  it('may be a number', async () => {
    const op = defineOp({ name: 'acme/one', expr: (() => 1) as unknown as OpDefinition<undefined>['expr'] })
    expect([...(await apply(op, [x]).data())]).toEqual([1, 1])
  })

  describe.each([
    ['as soon as shapes are known', 'specialise'],
    ['where no backend has a kernel', undefined],
  ] as const)('decomposed %s', (_, expandsAt) => {
    const matrix = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const like = (decompose: OpDefinition<undefined>['decompose']) =>
      apply(defineOp({ name: 'acme/like', infer: ([a]) => a, decompose, ...(expandsAt ? { expandsAt } : {}) }), [
        matrix,
      ])

    it('to what it infers is that', async () => {
      expect([...(await like(([a]) => mul(a, 2)).data())]).toEqual([2, 4, 6, 8, 10, 12])
    })

    it('to another shape, or another number of values, is refused with both', async () => {
      await expect(scope('head', () => like(([a]) => sum(a))).data()).rejects.toThrow(
        new ShapeError('acme/like: infer says float32 [2, 3], decompose gives float32 []; make them the same in head'),
      )
      await expect(like(([a]) => [a, a]).data()).rejects.toThrow('decompose gives float32 [2, 3] and float32 [2, 3]')
    })

    it('to another dtype is refused with both', async () => {
      const refused = like(([a]) => cast(a, 'int32')).data()
      await expect(refused).rejects.toBeInstanceOf(DTypeError)
      await expect(refused).rejects.toThrow('acme/like: infer says float32 [2, 3], decompose gives int32 [2, 3]')
    })

    it('to what is no tensor is refused', async () => {
      for (const wrong of [undefined, 3, Promise.resolve(matrix)])
        await expect(like((() => wrong) as never).data()).rejects.toThrow('acme/like: a tensor required, got')
    })

    it('to any size where it inferred none', async () => {
      const op = defineOp({
        name: 'acme/rows',
        infer: ([{ shape, dtype }]) => ({ shape: [shape[0]], dtype }),
        decompose: ([a]) => sum(a, { axis: 1 }),
        ...(expandsAt ? { expandsAt } : {}),
      })
      const step = rt.variables().compile((ctx) => ({ y: apply(op, [ctx.placeholder('x', [-1, 3])]) }))
      expect([
        ...(
          await step({
            x: [
              [1, 2, 3],
              [4, 5, 6],
            ],
          })
        ).y.data,
      ]).toEqual([6, 15])
    })
  })

  it.each([{ name: 'acme/none' }, { name: 'acme/typo', expression: () => x }])(
    'has an expr, or says what it infers: %j',
    (definition) => {
      expect(() => defineOp(definition)).toThrow('a function required as expr, or infer')
    },
  )
})

describe('a step', () => {
  it('goes on with the draws of a run that was saved', () => {
    const step = rt.variables().compile(() => ({ y: x }))
    step.runs = 7
    expect(step.runs).toBe(7)
    for (const runs of [-1, 0.5, NaN, '7' as unknown as number]) expect(() => (step.runs = runs)).toThrow(SettingError)
    expect(step.runs).toBe(7)
  })
})
