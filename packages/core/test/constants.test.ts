import { reference } from '@gradloom/conformance'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apply, asTensor, createRuntime, defineOp, grad, mul, setRuntime, tensor } from '../src/index.ts'

const rt = createRuntime({ backends: [reference()] })
beforeAll(() => {
  setRuntime(rt)
})
afterAll(() => rt.close())

describe('constants', () => {
  it('evaluate as they are', async () => {
    expect(
      await asTensor([
        [1, 2],
        [3, 4],
      ]).array(),
    ).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(await asTensor(7).item()).toBe(7)
  })

  it('may be made by decompositions and gradient rules', async () => {
    const weigh = defineOp({ name: 'test/weigh', infer: ([x]) => x, decompose: ([x]) => mul(x, tensor([1, 10, 100])) })
    const ruled = defineOp({
      name: 'test/ruled',
      expr: ([x]) => x.mul(2),
      vjp: ({ cotangents: [g] }) => [mul(g, tensor([2, 2, 2]))],
    })
    const x = tensor([1, 2, 3])
    for (let i = 0; i < 2; i++) {
      expect(await apply(weigh, [x]).array()).toEqual([1, 20, 300])
      expect(await grad([apply(ruled, [apply(weigh, [x])])], [x])[0].array()).toEqual([2, 20, 200])
    }
  })
})
