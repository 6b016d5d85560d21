import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import {
  apply,
  createRuntime,
  KernelError,
  matmul,
  OutOfMemoryError,
  tensor,
  type HostArray,
  type Runtime,
} from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { cpu, type NodeWorker } from '../src/index.ts'
import { acme, productOp, rotateOp, wrongOp, type ProductAttrs, type Wrong } from './outsider.ts'

const executor = (): NodeWorker =>
  new Worker(new URL('./outsider-executor.ts', import.meta.url), { execArgv: ['--conditions=@gradloom/source'] })
const places: Readonly<Record<string, Runtime>> = {
  'one thread': createRuntime({ backends: [cpu({ threads: 1 })], plugins: [acme] }),
  'two threads': createRuntime({ backends: [cpu({ threads: 2 })], plugins: [acme] }),
  'a worker with two threads': createRuntime({ backends: [cpu({ threads: 2, worker: executor })], plugins: [acme] }),
}
afterAll(() => Promise.all(Object.values(places).map((rt) => rt.close())))

const one = places['one thread']
type DType = 'float32' | 'float64'

const random = async (shape: readonly number[], seed: number, dtype: DType): Promise<HostArray> =>
  (await one.evaluate([createRng(seed).normal([...shape], { dtype })]))[0]
const apart = (x: Float64Array, y: Float64Array): number =>
  x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i])), 0)

const turns: readonly (readonly [boolean, boolean, boolean])[] = [
  [false, false, false],
  [true, false, true],
  [false, true, true],
  [true, true, false],
]

describe.each(Object.entries(places))('a kernel with a workspace, on %s', (_, rt) => {
  it.each([
    [3, 4, 5],
    [1, 70, 90],
    [80, 1, 90],
    [130, 150, 170],
    [700, 9, 300],
    [5, 6, 0],
  ])('multiplies %i x %i over %i, in any orientation and both dtypes', async (m, n, k) => {
    for (const dtype of ['float64', 'float32'] as const)
      for (const [turnA, turnB, turnC] of turns) {
        const shapeA = turnA ? [k, m] : [m, k]
        const shapeB = turnB ? [n, k] : [k, n]
        const a = tensor(await random(shapeA, 1, dtype))
        const b = tensor(await random(shapeB, 2, dtype))
        const attrs: ProductAttrs = { turnA, turnB, turnC, alpha: -0.75 }
        const plain = matmul(turnA ? a.transpose() : a, turnB ? b.transpose() : b)
        const [got, expected] = await rt.evaluate([apply(productOp, [a, b], attrs), plain])
        const bound = dtype === 'float64' ? 1e-12 : 1e-4
        expect(
          apart(
            got.data as Float64Array,
            (expected.data as Float64Array).map((v) => -1.5 * v),
          ),
        ).toBeLessThan(bound)
        const [same] = await one.evaluate([apply(productOp, [a, b], attrs)])
        expect(got.data).toEqual(same.data)
      }
  })

  it.each([1, 2, 3, 8, 9, 37, 513])('turns rows of %i numbers', async (columns) => {
    const rows = 40
    const list: number[] = []
    for (const [first, count] of [
      [0, rows - 1],
      [5, 1],
      [7, 0],
      [3, 30],
    ]) {
      list.push(first, count)
      for (let i = 0; i < count; i++) list.push(Math.cos(i + first + 1), Math.sin(i + first + 1))
    }
    const x = await random([rows, columns], 3, 'float64')
    const given = tensor(x)
    const [got] = await rt.evaluate([apply(rotateOp, [given, tensor(list, { dtype: 'float64' })])])
    const expected = Float64Array.from(x.data as Float64Array)
    for (let at = 0; at < list.length;) {
      const [first, count] = [list[at], list[at + 1]]
      at += 2
      for (let i = first; i < first + count; i++, at += 2)
        for (let j = 0; j < columns; j++) {
          const [p, q] = [expected[i * columns + j], expected[(i + 1) * columns + j]]
          expected[i * columns + j] = list[at] * p + list[at + 1] * q
          expected[(i + 1) * columns + j] = list[at] * q - list[at + 1] * p
        }
    }
    expect(apart(got.data as Float64Array, expected)).toBeLessThan(1e-13)
    const [same] = await one.evaluate([apply(rotateOp, [given, tensor(list, { dtype: 'float64' })])])
    expect(got.data).toEqual(same.data)
  })

  it.each([
    ['own array', /acme\/wrong: arrays of the run required/],
    ['too large', /acme\/wrong: sizes up to 3 required, got a product of 2 x 4 and 4 x 2/],
    ['gaps', /acme\/wrong: rows or columns of C without gaps required, got strides 8 and 2/],
    ['promise', /acme\/wrong: a kernel that fills its outputs at once required/],
    ['A past its end', /acme\/wrong: A of 2 x 2 within a Float64Array required, .* float64array of 64, at 59, row 4,/],
    ['B past its end', /acme\/wrong: B of 2 x 2 .* at 0, row 63, column 1/],
    ['C past its end', /acme\/wrong: C of 2 x 2 .* at 59/],
    ['vector past its end', /acme\/wrong: C of 3 x 1 .* at 32, row 16/],
    ['part of an array', /acme\/wrong: A of 2 x 2 .* float64array of 5, at 0/],
    ['before its beginning', /acme\/wrong: A of 2 x 2 .* whole numbers, got .* at -1/],
    ['broken stride', /acme\/wrong: B .* at 0, row 2.5, column 1/],
    ['no place', /acme\/wrong: C .* at NaN/],
    ['broken size', /acme\/wrong: C of 2 x 1.5 /],
    ['no size', /acme\/wrong: C of NaN x 2 /],
    ['negative size', /acme\/wrong: A of 2 x -1 /],
    ['mixed', /acme\/wrong: A of 2 x 2 within a Float64Array required, .* got float32array of 64/],
    ['whole numbers', /acme\/wrong: C of 2 x 2 within a Float64Array required, .* got int32array of 64/],
    ['float32 rows', /acme\/wrong: x of 2 x 2 within a Float64Array required, .* got float32array of 64/],
    ['rows past their end', /acme\/wrong: x of 17 x 2 within a Float64Array/],
    ['columns past their end', /acme\/wrong: x of 16 x 5 /],
    ['broken columns', /acme\/wrong: x of 2 x 1.5 /],
    ['row before the first', /acme\/wrong: sweeps of 4 numbers .* with none at 0/],
    ['sweep of no count', /acme\/wrong: sweeps of 4 numbers .* with none at 0/],
    ['sweep past length', /acme\/wrong: sweeps of 4 numbers .* with none at 6/],
    ['length past its array', /acme\/wrong: sweeps of 26 numbers .* got float64array of 24/],
    ['broken scratch', /acme\/wrong: scratch and largest, whole numbers.* got scratch 1.5, largest 3, run function/],
    ['no scratch', /acme\/wrong: scratch .* got scratch undefined, largest 3/],
    ['negative largest', /acme\/wrong: .* largest -1/],
    ['no run', /acme\/wrong: .* run 1/],
    ['unknown key', /acme\/wrong: .* required of prepare, no more, got .* workspace 64/],
    ['nothing prepared', /acme\/wrong: .* got undefined/],
    ['prepared later', /acme\/wrong: a kernel that fills its outputs at once required, got a promise/],
  ] as const satisfies readonly (readonly [Wrong, RegExp])[])(
    'fails where a kernel goes wrong: %s',
    async (kind, message) => {
      const run = rt.evaluate([apply(wrongOp, [tensor([1, 2])], { wrong: kind })])
      await expect(run).rejects.toThrow(KernelError)
      await expect(run).rejects.toThrow(message)
    },
  )
})

describe('scratch memory of a kernel', () => {
  it('is set aside when a plan is prepared', async () => {
    const rt = createRuntime({ backends: [cpu({ threads: 1, memoryLimit: 2 ** 21 })], plugins: [acme] })
    const a = tensor(await random([300, 1], 4, 'float64'))
    const attrs: ProductAttrs = { turnA: false, turnB: true, turnC: false, alpha: 1 }
    await expect(rt.evaluate([apply(productOp, [a, a], attrs)])).rejects.toThrow(OutOfMemoryError)
    await rt.close()
  })

  it('may be elsewhere in the next run', async () => {
    const rt = createRuntime({ backends: [cpu({ threads: 1 })], plugins: [acme] })
    const a = await random([40, 40], 5, 'float64')
    const attrs: ProductAttrs = { turnA: true, turnB: false, turnC: true, alpha: 1 }
    const run = async (): Promise<HostArray> =>
      (await rt.evaluate([apply(productOp, [tensor(a), tensor(a)], attrs)]))[0]
    const before = await run()
    expect(await run()).toEqual(before)
    const step = rt.variables().compile(() => ({ held: createRng(6).normal([1000, 1000]) }))
    const { held } = await step({}, { keep: true })
    expect(await run()).toEqual(before)
    held.dispose()
    await rt.close()
  })
})
