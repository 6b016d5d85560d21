import { createHash } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { reference } from '@gradloom/conformance'
import {
  all,
  any,
  createRuntime,
  expandDims,
  flip,
  greater,
  hostArray,
  less,
  max,
  mean,
  min,
  mul,
  sizeOf,
  sum,
  tanh,
  tensor,
  transpose,
  type HostArray,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { prod, variance } from '@gradloom/ops'
import { layerNorm, softmax } from '@gradloom/nn'
import { cpu } from '../src/index.ts'

const [oracle, one, two] = [reference(), cpu({ threads: 1 }), cpu({ threads: 2 })].map((backend) =>
  createRuntime({ backends: [backend] }),
)
afterAll(() => Promise.all([oracle, one, two].map((r) => r.close())))

const noise = (shape: readonly number[]): HostArray =>
  hostArray(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(12.9898 * (i + 1)) + 1e-6 * (i % 1000)),
    shape,
  )
const digest = ({ data }: HostArray): string => createHash('sha256').update(data).digest('hex')

/** Every kind of reduction, and kernels of several phases, over all but `outer` leading axes. */
function reductions(x: Tensor, outer: number): Tensor[] {
  const axis = x.shape.map((_, i) => i).slice(outer)
  const y = tanh(x)
  return [
    sum(y, { axis }),
    max(y, { axis }),
    min(x, { axis }),
    prod(mul(y, 1.0001), { axis }),
    any(greater(x, 1.0009), { axis }),
    all(less(x, 1.0009), { axis }),
    mean(x, { axis }),
    variance(y, { axis }),
    sum(flip(x, outer), { axis, keepDims: true }),
  ]
}
const shapes = fc.constantFrom<readonly [readonly number[], number]>(
  [[131_101], 0],
  [[2, 65_536], 0],
  [[2, 65_537], 1],
  [[3, 5, 2, 7001], 1],
  [[64, 64, 17], 0],
  [[70_000, 2], 1],
  [[66_000, 3], 0],
)

test(
  'long reductions agree with the reference and give the same bits on 1 and 2 threads',
  () =>
    fc.assert(
      fc.asyncProperty(shapes, fc.boolean(), async ([shape, outer], turned) => {
        const run = (runtime: Runtime): Promise<HostArray[]> =>
          runtime.run(async (ctx) => {
            const x = turned && shape.length > 1 && outer === 0 ? transpose(tensor(noise(shape))) : tensor(noise(shape))
            return ctx
              .evaluator()
              .push(
                ...reductions(x, outer),
                ...(outer > 0 ? [softmax(x), layerNorm(x)] : [softmax(expandDims(x, 0)), layerNorm(x)]),
              )
              .run()
          })
        const [want, got, same] = [await run(oracle), await run(one), await run(two)]
        expect(got.map(digest)).toEqual(same.map(digest))
        got.forEach(({ data, shape: of }, i) => {
          expect(of).toEqual(want[i].shape)
          let worst = 0
          for (let k = 0; k < data.length; k++)
            worst = Math.max(
              worst,
              Math.abs(Number(data[k]) - Number(want[i].data[k])) / Math.max(1, Math.abs(Number(want[i].data[k]))),
            )
          expect(worst).toBeLessThan(1e-11)
        })
      }),
      { numRuns: 6 },
    ),
  60_000,
)

test('NaN and infinities pass through pieces', async () => {
  const data = new Float32Array(100_003).fill(1)
  const host = hostArray(data, [100_003])
  data[77_777] = NaN
  const [total, most, least] = await two.run(async (ctx) =>
    ctx
      .evaluator()
      .push(sum(tensor(host)), max(tensor(host)), min(tensor(host)))
      .run(),
  )
  expect([total.item(), most.item(), least.item()]).toEqual([NaN, NaN, NaN])
  data[77_777] = Infinity
  const [t, m] = await two.run(async (ctx) =>
    ctx
      .evaluator()
      .push(sum(tensor(host)), max(tensor(host)))
      .run(),
  )
  expect([t.item(), m.item()]).toEqual([Infinity, Infinity])
})
