import {
  assign,
  cast,
  concat,
  createRuntime,
  hostArray,
  matmul,
  mul,
  slice,
  sub,
  sum,
  tensor,
  toHostArray,
  transpose,
  type HostArray,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { cond, scan } from '@gradloom/ops'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { webgpu, type KernelLimits } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 180_000 })

const half = (x: TensorLike): Tensor => cast(x, 'float16')
const every = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
const bits = hostArray(every, [65536], 'float16')
const numbers = toHostArray(bits, 'float32')
/** The bits of all elements that are numbers. */
const ofNumbers = ({ data }: HostArray): number[] => [...data].filter((_, i) => !Number.isNaN(numbers.data[i]))

const ADAPTERS: Readonly<Record<string, Partial<KernelLimits>>> = {
  'arrays in bindings of their own': {},
  'neighbours in one binding': { maxStorageBuffersPerShaderStage: 2 },
  'arrays in pieces': { maxStorageBufferBindingSize: 98_304 },
}
describe.each(Object.entries(ADAPTERS))('float16 with %s', (_, limits) => {
  const rt = createRuntime({ backends: [webgpu({ gpu: nodeGpu, limits })] })
  afterAll(() => rt.close())
  const run = async (y: Tensor): Promise<unknown> => (await rt.evaluate([y]))[0].array()

  it('reads and writes all bit patterns', async () => {
    const [wide, back] = await rt.evaluate([cast(tensor(bits), 'float32'), mul(tensor(bits), 1)])
    expect([...wide.data]).toEqual([...numbers.data])
    expect(ofNumbers(back)).toEqual(ofNumbers(bits))
    expect([...toHostArray(back, 'float32').data]).toEqual([...numbers.data])
  })

  it('rounds as the host does: ties to the even one, subnormal numbers, infinities, NaN', async () => {
    const near = Array.from(numbers.data.subarray(0, 0x7c00)).flatMap((x, i) => {
      const middle = (x + (numbers.data[i + 1] === Infinity ? 65536 : numbers.data[i + 1])) / 2
      return [middle, middle * (1 - 2 ** -23), -middle * (1 + 2 ** -23)]
    })
    const host = toHostArray([...near, 1e30, -Infinity, NaN, -0, 2 ** -149, 131071], 'float32')
    const [got] = await rt.evaluate([half(tensor(host))])
    expect([...got.data]).toEqual([...toHostArray(host, 'float16').data])
  })

  it('rounds each step of a formula, of sums and products as of functions', async () => {
    const x = half(tensor([2049, 2051, 60000, 1 / 3]))
    expect(await run(mul(x, 3))).toEqual([6144, 6156, Infinity, 1])
    expect(await run(sub(mul(x, 3), 6144))).toEqual([0, 12, Infinity, -6144])
    expect(await run(x.pow(0.5))).toEqual([45.25, 45.3125, 245, 0.5771484375])
  })

  it.each([1, 3, 34])('walks arrays of %i columns forwards, backwards and across', async (n) => {
    const values = Array.from({ length: 3 }, (__, r) => Array.from({ length: n }, (___, c) => r * 50 + c - 20.5))
    const x = half(tensor(values))
    const across = Array.from({ length: n }, (__, c) => values.map((row) => row[c]))
    expect(await run(transpose(x))).toEqual(across)
    expect(await run(slice(x, [null, [null, null, -1]]))).toEqual(values.map((row) => [...row].reverse()))
    expect(await run(concat([x, mul(x, 2)], 1))).toEqual(values.map((row) => [...row, ...row.map((v) => 2 * v)]))
  })

  it('sums and multiplies in float32', async () => {
    const a = half(tensor(Array.from({ length: 2 }, () => Array.from({ length: 4097 }, () => 1))))
    expect(await run(sum(a))).toBe(8192)
    expect(await run(matmul(a, transpose(a)))).toEqual([
      [4096, 4096],
      [4096, 4096],
    ])
  })

  it('goes through bodies of loops and branches, in steps of an odd number of elements', async () => {
    const start = half(tensor([1, 2, 4097]))
    const [last, all] = scan((c, x) => [mul(c, x), c], start, half(tensor([2, 3, 0.5])))
    expect(await run(last)).toEqual([3, 6, 12288])
    expect(await run(all)).toEqual([
      [1, 2, 4096],
      [2, 4, 8192],
      [6, 12, 24576],
    ])
    const doubled = cond(
      tensor(true),
      (c) => mul(c, 2),
      (c) => c,
      start,
    )
    expect(await run(doubled)).toEqual([2, 4, 8192])
  })

  it('takes arrays without elements', async () => {
    const none = half(tensor(new Float32Array(0)))
    expect(await run(sum(none))).toBe(0)
    expect(await run(mul(none, 2))).toEqual([])
  })

  it('is updated in place', async () => {
    const env = rt.variables()
    env.name('w').set([1, 2.5, 2049], { dtype: 'float16' })
    const step = env.compile((ctx) => {
      const w = ctx.variable('w')
      return { before: w, next: assign(w, mul(w, 2)) }
    })
    await step({})
    expect((await step({})).before.array()).toEqual([2, 5, 4096])
    expect((await env.name('w').get()).array()).toEqual([4, 10, 8192])
    env.dispose()
  })
})
