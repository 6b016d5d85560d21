import {
  add,
  createRuntime,
  defineOp,
  flip,
  apply,
  exp,
  matmul,
  mul,
  setRuntime,
  stopGradient,
  sum,
  take,
  tensor,
  where,
  type Tensor,
  greater,
} from '@gradloom/core'
import { sin } from '@gradloom/ops'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reference } from '@gradloom/conformance'
import { checkGrads } from '../../ops/src/checkGrads.ts'

const runtime = createRuntime({ backends: [reference()] })
beforeAll(() => setRuntime(runtime))
afterAll(() => runtime.close())

const a = tensor([
  [0.3, -1.2, 0.7],
  [1.1, 0.4, -0.6],
])
const b = tensor([
  [0.5, -0.2],
  [1.4, 0.9],
  [-0.8, 0.1],
])
const cube = (slope: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) => {
  const op = defineOp({
    name: 'test/cube',
    expr: ([x]) => x.mul(x).mul(x),
    vjp: ({ inputs: [x], cotangents: [g] }) => [mul(g, slope(x))],
  })
  return (x) => apply(op, [x])
}

describe('checkGrads', () => {
  it('passes right gradients of several inputs and outputs, and leaves integer inputs alone', async () => {
    await checkGrads((x, y) => [matmul(x, y), exp(x)], [a, b])
    await checkGrads((x, i) => sin(take(x, i, 1)), [a, tensor([2, 0, 2], { dtype: 'int32' })])
    await checkGrads((x) => where(greater(x, 0), mul(x, x), x), [a])
    await checkGrads(
      cube((x) => mul(mul(x, x), 3)),
      [a],
      { order: 3 },
    )
  })

  it('names order, input, element and both values of the worst gradient', async () => {
    const wrong = checkGrads((x, y) => add(x, cube((t) => mul(mul(t, t), 2))(y)), [tensor([0.5, 1]), tensor([0.1, 2])])
    await expect(wrong).rejects.toMatchObject({
      name: 'GradError',
      code: 'GRAD',
      message: expect.stringMatching(/order 1, input 1 of \[2\], element 1: analytic -?\d.*, numeric -?\d/),
    })
  })

  it('finds a gradient that is right but has a wrong gradient itself', async () => {
    const detached = cube((x) => mul(stopGradient(mul(x, x)), 3))
    await checkGrads(detached, [tensor([0.5, 2])], { order: 1 })
    await expect(checkGrads(detached, [tensor([0.5, 2])])).rejects.toMatchObject({
      message: expect.stringContaining('order 2'),
    })
  })

  it('refuses NaN', async () => {
    await expect(
      checkGrads(
        cube((x) => mul(x, NaN)),
        [tensor([0.5, 2])],
      ),
    ).rejects.toMatchObject({ code: 'GRAD' })
  })

  it('checks each element with its own weight, so that a permuted gradient fails', async () => {
    const op = defineOp({ name: 'test/permuted', expr: ([x]) => x, vjp: ({ cotangents: [g] }) => [flip(g)] })
    await expect(checkGrads((x) => apply(op, [x]), [tensor([1, 2, 3])])).rejects.toMatchObject({ code: 'GRAD' })
    await expect(checkGrads((x) => sum(apply(op, [x])), [tensor([1, 2, 3])])).resolves.toBeUndefined()
  })
})
