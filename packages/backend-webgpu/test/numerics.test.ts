import { cpu } from '@gradloom/backend-cpu'
import {
  apply,
  argMax,
  argMin,
  cast,
  createRuntime,
  defineOp,
  hostArray,
  isFinite,
  isNaN,
  maximum,
  mean,
  minimum,
  slice,
  sum,
  tensor,
  type BinaryOp,
  type DType,
  type HostArray,
  type Tensor,
  type TypedArray,
  type UnaryOp,
} from '@gradloom/core'
import { argsort, sort } from '@gradloom/ops'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'

vi.setConfig({ testTimeout: 120_000 })

const device = createRuntime({ backends: [webgpu({ gpu: nodeGpu })] })
const host = createRuntime({ backends: [cpu()] })
afterAll(() => Promise.all([device.close(), host.close()]))

/** A scalar operation as an op. */
const unary =
  (op: UnaryOp) =>
  (x: Tensor): Tensor =>
    apply(defineOp({ name: `test/${op}`, expr: ([a]) => a.unary(op) }), [x])
const binary =
  (op: BinaryOp) =>
  (a: Tensor, b: Tensor): Tensor =>
    apply(defineOp({ name: `test/${op}`, expr: ([x, y]) => x.binary(op, y) }), [a, b])

const bits = (h: HostArray): number[] => [
  ...new Uint32Array((h.data as Float32Array).buffer, h.data.byteOffset, h.data.length),
]
/** The least normal number: below, arithmetic may give 0. */
const LEAST = 2 ** -126
/** Which elements differ by more than `units` in the last place, as `input: got, want`. */
function off(got: HostArray, want: HostArray, inputs: readonly TypedArray[], units: number): string[] {
  const [a, b] = [bits(got), bits(want)]
  const order = (x: number): number => (x >>> 31 ? -(x & 0x7fffffff) : x)
  return a.flatMap((x, i) => {
    const [g, w] = [got.data[i], want.data[i]]
    if (Math.abs(w) < LEAST && g === 0) return []
    if (Number.isNaN(w) ? Number.isNaN(g) : Math.abs(order(x) - order(b[i])) <= units) return []
    return [`${inputs.map((data) => data[i])}: ${g}, ${w}`]
  })
}

const EDGES = [
  0,
  -0,
  1,
  -1,
  NaN,
  Infinity,
  -Infinity,
  0.5,
  -0.5,
  1.5,
  2,
  -2,
  2.5,
  3,
  -3,
  1e-3,
  1e10,
  -1e10,
  3.4e38,
  -3.4e38,
]
const ordinary = Array.from({ length: 200 }, (_, i) => Math.sinh((i - 99.5) / 14))
const points = Float32Array.from([...EDGES, ...ordinary])
const pairs = EDGES.flatMap((a) => EDGES.map((b): [number, number] => [a, b])).concat(
  ordinary.map((x, i): [number, number] => [x, ordinary[(i * 37) % ordinary.length]]),
)
const lefts = Float32Array.from(pairs, ([a]) => a)
const rights = Float32Array.from(pairs, ([, b]) => b)

async function both(value: (...inputs: Tensor[]) => Tensor, inputs: readonly TypedArray[], dtype: DType = 'float32') {
  const graph = (): Tensor => value(...inputs.map((data) => tensor(hostArray(data, [data.length], dtype))))
  const [[got], [want]] = await Promise.all([device.evaluate([graph()]), host.evaluate([graph()])])
  return { got, want }
}

describe('functions of float32, at zeros, infinities, NaN, and between', () => {
  const UNITS: Readonly<Partial<Record<UnaryOp, number>>> = {
    neg: 0,
    abs: 0,
    sign: 0,
    floor: 0,
    ceil: 0,
    round: 0,
    sqrt: 1,
    exp: 2,
    expm1: 3,
    log: 2,
    log1p: 3,
    log2: 3,
    sigmoid: 3,
    sin: 3,
    cos: 3,
    tan: 5,
    asin: 6,
    acos: 6,
    atan: 4,
    sinh: 6,
    cosh: 4,
    tanh: 6,
    asinh: 6,
    acosh: 6,
    atanh: 6,
    erf: 8,
    erfc: 40,
  }
  it.each(Object.entries(UNITS))('%s is that of the CPU within %d units in the last place', async (op, units) => {
    const { got, want } = await both(unary(op as UnaryOp), [points])
    expect(off(got, want, [points], units)).toEqual([])
  })

  const PAIRS: Readonly<Partial<Record<BinaryOp, number>>> = {
    add: 0,
    sub: 0,
    mul: 0,
    div: 3,
    max: 0,
    min: 0,
    rem: 0,
    pow: 3,
    atan2: 5,
    hypot: 3,
  }
  it.each(Object.entries(PAIRS))('%s of every two is that of the CPU within %d units', async (op, units) => {
    const { got, want } = await both(binary(op as BinaryOp), [lefts, rights])
    expect(off(got, want, [lefts, rights], units)).toEqual([])
  })

  it('sines of numbers up to the largest are those of float64', async () => {
    const large = Float32Array.from({ length: 200 }, (_, i) => 10 ** (3 + (i * 35) / 200) * (i % 2 ? -1 : 1))
    const { got } = await both(unary('sin'), [large])
    const want = hostArray(Float32Array.from(large, Math.sin), [large.length])
    expect(off(got, want, [large], 3)).toEqual([])
  })
})

describe('what compilers could do without', () => {
  const x = Float32Array.of(NaN, Infinity, -Infinity, 1, 2.7, 0)
  it.each([
    ['zero times', (t: Tensor) => t.mul(0)],
    ['zero by', (t: Tensor) => tensor(0).div(t)],
    ['times zeros', (t: Tensor) => t.mul(tensor(new Float32Array(6)))],
    ['up and down again', (t: Tensor) => t.add(12_582_912).sub(12_582_912)],
    ['down and up again', (t: Tensor) => tensor(1e8).sub(tensor(1e8).sub(t))],
    ['times its inverse', (t: Tensor) => t.mul(tensor(1).div(t))],
    ['is what it is finite', (t: Tensor) => isFinite(sum(t.mul(0)))],
    ['a sum of nothing, times infinity', (t: Tensor) => sum(slice(t, [[0, 0]])).mul(Infinity)],
    ['a mean of nothing', (t: Tensor) => mean(slice(t, [[0, 0]]))],
  ] as const)('%s', async (_, fn) => {
    const { got, want } = await both(fn, [x])
    expect([...got.data]).toEqual([...want.data])
  })

  it('a sum keeps what rounding loses of it', async () => {
    const long = Float32Array.from({ length: 40_000 }, (_, i) => (i % 2 ? 1e-3 : 1) * (1 + (i % 7)))
    const exact = long.reduce((a, b) => a + b, 0)
    const { got } = await both((t) => sum(t), [long])
    expect(Math.abs(got.data[0] - exact) / exact).toBeLessThan(2 ** -23)
  })
})

describe('what is decided is equal to the bit', () => {
  it.each(['eq', 'ne', 'lt', 'le'] as const)('%s of every two, NaN and zeros included', async (op) => {
    const { got, want } = await both(binary(op), [lefts, rights])
    expect(got).toEqual(want)
  })

  it.each([
    ['isNaN', isNaN],
    ['isFinite', isFinite],
    ['argMax', (x: Tensor) => argMax(x, { axis: 0 })],
    ['argMin', (x: Tensor) => argMin(x, { axis: 0 })],
    ['sort', (x: Tensor) => sort(x)],
    ['argsort', (x: Tensor) => argsort(x, { descending: true })],
    ['a cast to int32', (x: Tensor) => cast(x, 'int32')],
    ['a cast to uint32', (x: Tensor) => cast(x, 'uint32')],
    ['a cast to bool', (x: Tensor) => cast(x, 'bool')],
  ] as const)('%s', async (_, fn) => {
    const { got, want } = await both(fn, [points])
    expect([...got.data]).toEqual([...want.data])
  })

  it('comparisons keep denormal numbers apart', async () => {
    const tiny = Float32Array.of(1e-40, 2e-40, -1e-40, 0)
    const next = Float32Array.of(2e-40, 1e-40, 0, 1e-44)
    const { got } = await both(binary('lt'), [tiny, next])
    expect([...got.data]).toEqual([1, 0, 1, 1])
  })

  it('digamma of denormal numbers is that of 0', async () => {
    const { got } = await both(unary('digamma'), [Float32Array.of(1e-44, -1e-44)])
    expect([...got.data]).toEqual([-Infinity, Infinity])
  })
})

describe('whole numbers', () => {
  const ends = [0, 1, -1, 2, 7, -7, 2 ** 31 - 1, -(2 ** 31), 123_456_789]
  const all = ends.flatMap((a) => ends.map((b): [number, number] => [a, b]))
  it.each(['add', 'sub', 'mul', 'div', 'rem', 'pow', 'max', 'min', 'lt'] as const)(
    '%s of int32 and uint32, by 0 and past the ends too',
    async (op) => {
      const a = Int32Array.from(all, ([x]) => x)
      const b = Int32Array.from(all, ([, y]) => (op === 'pow' ? y % 40 : y))
      for (const dtype of ['int32', 'uint32'] as const) {
        const inputs = dtype === 'int32' ? [a, b] : [new Uint32Array(a), new Uint32Array(b)]
        const { got, want } = await both(binary(op), inputs, dtype)
        expect([...got.data]).toEqual([...want.data])
      }
    },
  )
})

it('a sum of many float32 is rounded about once', async () => {
  const data = Float32Array.from({ length: 20_000 }, (_, i) => 1 + Math.sin(i))
  const { got } = await both((x) => x.sum(), [data])
  const want = data.reduce((a, b) => a + b, 0)
  expect(Math.abs((got.data[0] as number) - want) / want).toBeLessThan(2 ** -23)
})

it('maximum and minimum tell -0 from 0', async () => {
  const a = Float32Array.of(0, -0, -0, NaN)
  const b = Float32Array.of(-0, 0, -0, 1)
  const { got: most } = await both(maximum, [a, b])
  const { got: least } = await both(minimum, [a, b])
  expect([...most.data]).toEqual([0, 0, -0, NaN])
  expect([...least.data]).toEqual([-0, -0, -0, NaN])
})
