import { argMax, cast, createRuntime, exp, expandDims, max, mul, sub, sum, type Tensor } from '@gradloom/core'
import { afterAll, describe, expect, it } from 'vitest'
import { cpu } from '../src/index.ts'

const rt = createRuntime({ backends: [cpu()] })
afterAll(() => rt.close())

const rows = [
  [1, 2, 3, 4, 2.5],
  [5, 6, 8, 7, 6.5],
]
const row = { axis: 1, keepDims: true }
const run = (f: (x: Tensor, w: Tensor) => Tensor): Promise<unknown> =>
  rt.run(async (ctx) => {
    const x = ctx.placeholder('x', [2, 5])
    const w = ctx.placeholder('w', [2, 5], 'float64')
    return (await ctx.evaluator().push(f(x, w)).feed(x, rows).feed(w, rows).run())[0].array()
  })
const close = (want: number[][]): unknown => want.map((r) => r.map((v) => expect.closeTo(v, 3)))

describe('row kernels that take two lanes in one pass and four in the next', () => {
  it('reduce float32 rows beside float64 ones', async () => {
    const got = await run((x, w) => mul(sum(exp(sub(x, max(x, row))), row), sum(cast(w, 'float32'), row)))
    expect(got).toEqual(
      close(rows.map((r) => [r.reduce((s, v) => s + Math.exp(v - Math.max(...r)), 0) * r.reduce((s, v) => s + v, 0)])),
    )
  })

  it('find positions in float64 rows and use them in float32 ones', async () => {
    const got = await run((x, w) => mul(x, cast(expandDims(argMax(w, { axis: 1 }), 1), 'float32')))
    expect(got).toEqual(close(rows.map((r) => r.map((v) => v * r.indexOf(Math.max(...r))))))
  })
})
