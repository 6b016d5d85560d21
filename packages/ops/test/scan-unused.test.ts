import { describe, expect, it } from 'vitest'
import { add, cast, exp, grad, greater, log, mul, stopGradient, sum, tensor, type Tensor } from '@gradloom/core'
import { cond, scan } from '../src/index.ts'
import { runtimes } from './scan-support.ts'

const f64 = (x: number): Tensor => tensor(x, { dtype: 'float64' })

/** Gradients of the functions in x, and those of them where asked for, on every runtime. */
async function expectSlopes(fn: (x: Tensor) => Tensor, at: number, first: number, second = 0): Promise<void> {
  const x = f64(at)
  const [g] = grad([fn(x)], [x])
  const [gg] = grad([g], [x], { allowUnused: true })
  for (const [name, runtime] of Object.entries(runtimes)) {
    const got = await runtime.evaluate([g, gg])
    expect([name, ...got.map((v) => v.item())]).toEqual([name, first, second])
  }
}

describe('carries that nothing asked for depends on', () => {
  it.each([false, true])('give no gradient, infinite and NaN as theirs is; reverse: %s', async (reverse) => {
    const options = { length: 3, reverse }
    await expectSlopes(
      (x) => scan(([a, b]: Tensor[]) => [[mul(a, 2), log(b)], null], [x, x], null, options)[0][0],
      0,
      8,
    )
    await expectSlopes((x) => scan(([a]: Tensor[]) => [[mul(a, 2), log(a)], null], [x, x], null, options)[0][0], 0, 8)
    await expectSlopes((x) => scan(([a]: Tensor[]) => [[a, mul(a, NaN)], null], [x, x], null, options)[0][0], 1, 1)
  })
  it('give none beside values by position, and where only a constant comes of them', async () => {
    await expectSlopes(
      (x) => sum(scan(([a]: Tensor[]) => [[mul(a, a), log(a)], a], [x, x], null, { length: 2 })[1]),
      0,
      1,
      2,
    )
    await expectSlopes(
      (x) =>
        scan(
          ([a, b]: Tensor[]) => [[add(mul(a, 2), stopGradient(exp(b))), log(mul(a, 0))], null],
          [x, tensor(-Infinity, { dtype: 'float64' })],
          null,
          { length: 2 },
        )[0][0],
      1,
      4,
    )
    await expectSlopes(
      (x) =>
        scan(
          ([a, n, b]: Tensor[]) => [[mul(a, cast(n, 'float64')), cast(greater(b, 0), 'int32'), log(mul(a, 0))], null],
          [x, tensor(3, { dtype: 'int32' }), x],
          null,
          { length: 1 },
        )[0][0],
      1,
      3,
    )
  })
  it('give none out of a scan in a scan, and out of a branch', async () => {
    const inner = ([a]: Tensor[]): [Tensor[], null] => [[mul(a, 2), log(a)], null]
    await expectSlopes(
      (x) => scan((c: Tensor[]) => [scan(inner, c, null, { length: 2 })[0], null], [x, x], null, { length: 2 })[0][0],
      0,
      16,
    )
    await expectSlopes(
      (x) =>
        scan(
          (c: Tensor[]) => [
            cond(
              greater(c[0], -1),
              (v) => [mul(v, 2), log(v)],
              (...both) => both,
              ...c,
            ),
            null,
          ],
          [x, x],
          null,
          { length: 2 },
        )[0][0],
      0,
      4,
    )
    await expectSlopes(
      (x) =>
        cond(
          greater(x, -1),
          (v) => [mul(v, 2), log(v)],
          (v) => [v, mul(v, NaN)],
          x,
        )[0],
      0,
      2,
    )
  })
  it('are told from those that matter some iterations later', async () => {
    const shift = ([a, b, c]: Tensor[]): [Tensor[], null] => [[mul(b, 2), mul(c, 3), mul(a, 5)], null]
    const at = (x: Tensor): Tensor[] => [x, mul(x, 10), mul(x, 100)]
    for (const [length, slope] of [
      [1, 20],
      [2, 600],
      [3, 30],
    ] as const)
      await expectSlopes((x) => scan(shift, at(x), null, { length })[0][0], 1, slope)
  })
  it('are all where cotangents are 0', async () => {
    const x = f64(0)
    const [y] = scan((a: Tensor) => [log(a), null], x, null, { length: 2 })
    for (const runtime of Object.values(runtimes))
      expect((await runtime.evaluate(grad([y], [x], { cotangents: [0] })))[0].item()).toBe(0)
  })
})
