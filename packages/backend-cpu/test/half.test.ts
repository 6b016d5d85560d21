import {
  assign,
  cast,
  concat,
  createRuntime,
  grad,
  hostArray,
  matmul,
  max,
  mul,
  pow,
  slice,
  sum,
  tensor,
  toHostArray,
  transpose,
  type DType,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { cond, scan } from '@gradloom/ops'
import { conv2d } from '@gradloom/nn'
import { afterAll, describe, expect, it } from 'vitest'
import { cpu } from '../src/index.ts'

const rt = createRuntime({ backends: [cpu()] })
afterAll(() => rt.close())
const run = async (y: Tensor): Promise<unknown> => (await rt.evaluate([y]))[0].array()
const half = (x: TensorLike): Tensor => cast(x, 'float16')

const every = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
const bits = hostArray(every, [65536], 'float16')
const numbers = toHostArray(bits, 'float32')

describe('float16', () => {
  it('reads and writes all bit patterns', async () => {
    const [wide, back] = await rt.evaluate([cast(tensor(bits), 'float32'), mul(tensor(bits), 1)])
    expect(wide.data).toEqual(numbers.data)
    expect(toHostArray(back, 'float32').data).toEqual(numbers.data)
    expect(back.data.filter((b, i) => b !== i && !Number.isNaN(numbers.data[i]))).toHaveLength(0)
  })

  it.each<DType>(['float32', 'float64'])('rounds %s as the host does', async (dtype) => {
    const epsilon = dtype === 'float32' ? 2 ** -23 : 2 ** -52
    const near = Array.from(numbers.data.subarray(0, 0x7c00)).flatMap((x, i) => {
      const middle = (x + (numbers.data[i + 1] === Infinity ? 65536 : numbers.data[i + 1])) / 2
      return [middle, middle * (1 - epsilon), -middle * (1 + epsilon)]
    })
    const host = toHostArray([...near, 1e30, -Infinity, NaN, -0, 2 ** -149, 131071], dtype)
    const [got] = await rt.evaluate([cast(tensor(host), 'float16')])
    expect(got.data).toEqual(toHostArray(host, 'float16').data)
  })

  it.each([1, 2, 3, 4, 5, 7, 9, 33])('walks arrays of %i columns forwards, backwards and across', async (n) => {
    const values = Array.from({ length: 3 }, (_, r) => Array.from({ length: n }, (_, c) => r * 50 + c - 20.5))
    const x = half(tensor(values))
    const across = Array.from({ length: n }, (_, c) => values.map((row) => row[c]))
    expect(await run(transpose(x))).toEqual(across)
    expect(await run(slice(x, [null, [null, null, -1]]))).toEqual(values.map((row) => [...row].reverse()))
    expect(await run(concat([x, mul(x, 2)], 1))).toEqual(values.map((row) => [...row, ...row.map((v) => 2 * v)]))
    expect(await run(mul(transpose(x), cast(tensor(across), 'float64')))).toEqual(
      across.map((row) => row.map((v) => v * v)),
    )
  })

  it('meets integers as float16 and float32 as float32', () => {
    const x = half(tensor([1]))
    expect(mul(x, tensor([1], { dtype: 'int32' })).dtype).toBe('float16')
    expect(mul(x, tensor([1])).dtype).toBe('float32')
  })

  it('rounds each step of a formula', async () => {
    const x = half(tensor([2049, 2051, 60000, 1 / 3]))
    expect(await run(mul(x, 3))).toEqual([6144, 6156, Infinity, 1])
    expect(await run(pow(x, 0.5))).toEqual([45.25, 45.3125, 245, 0.5771484375])
  })

  it('sums in float32', async () => {
    const ones = half(tensor(new Float32Array(60001).fill(1)))
    expect(await run(sum(ones))).toBe(60000)
    expect(
      await run(
        max(
          half(
            tensor([
              [1, NaN],
              [3, 2],
            ]),
          ),
          { axis: 1 },
        ),
      ),
    ).toEqual([NaN, 3])
  })

  it('multiplies and convolves in float32, gives float16, and passes gradients', async () => {
    const a = half(tensor(Array.from({ length: 2 }, () => Array.from({ length: 4097 }, () => 1))))
    expect(await run(matmul(a, transpose(a)))).toEqual([
      [4096, 4096],
      [4096, 4096],
    ])
    const x = half(
      tensor([
        [
          [
            [1, 2, 3],
            [4, 5, 6],
            [7, 8, 9],
          ],
        ],
      ]),
    )
    const w = tensor([
      [
        [
          [1, 0.5],
          [0, 2],
        ],
      ],
    ])
    const y = conv2d(x, half(w))
    expect([y.dtype, await run(y)]).toEqual([
      'float16',
      [
        [
          [
            [12, 15.5],
            [22.5, 26],
          ],
        ],
      ],
    ])
    const [g] = grad([sum(conv2d(x, half(w)))], [w])
    expect([g.dtype, await run(g)]).toEqual([
      'float32',
      [
        [
          [
            [12, 16],
            [24, 28],
          ],
        ],
      ],
    ])
  })

  it('goes through bodies of loops and branches', async () => {
    const start = half(tensor([1, 2, 4097]))
    const [last, all] = scan((c, x) => [mul(c, x), c], start, half(tensor([2, 3, 0.5])))
    expect(await run(last)).toEqual([3, 6, 12288])
    expect(await run(all)).toEqual([
      [1, 2, 4096],
      [2, 4, 8192],
      [6, 12, 24576],
    ])
    expect(
      await run(
        cond(
          tensor(true),
          (c) => mul(c, 2),
          (c) => c,
          start,
        ),
      ),
    ).toEqual([2, 4, 8192])
  })

  it.each(['inline', 'worker'] as const)('is updated in place, %s', async (placement) => {
    const own = createRuntime({ backends: [cpu({ placement, threads: 2 })] })
    const env = own.variables()
    env.name('w').set([1, 2.5, 2049], { dtype: 'float16' })
    const step = env.compile((ctx) => {
      const w = ctx.variable('w')
      return { before: w, next: assign(w, mul(w, 2)) }
    })
    await step({})
    expect((await step({})).before.array()).toEqual([2, 5, 4096])
    expect((await env.name('w').get()).array()).toEqual([4, 10, 8192])
    await own.close()
  })
})
