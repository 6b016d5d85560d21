import { describe, expect, test } from 'vitest'
import {
  createModule,
  emitMath,
  hasRelaxedSimd,
  inlineMath,
  v128,
  type FunctionBuilder,
  type Real,
  type VectorMath,
} from '../src/index.ts'

const count = 1 << 12 // numbers a run
const at = { x: 0, y: 1 << 16, out: 2 << 16 }
const memory = new WebAssembly.Memory({ initial: 4 })
const arrays = { f32: Float32Array, f64: Float64Array }
const view = (type: Real, byteOffset: number): Float32Array | Float64Array =>
  new arrays[type](memory.buffer, byteOffset, count)

function kernel(name: VectorMath, type: Real, relaxed: boolean, inline = true): () => void {
  const m = createModule()
  m.importMemory()
  m.func({ name: 'run', params: [], export: true }, (f) => {
    const p = f.local('i32')
    f.for(p, 0, count * arrays[type].BYTES_PER_ELEMENT, 16, () => {
      const [x, y] = [f.let(v128.load(p, at.x)), f.let(v128.load(p, at.y))]
      const options = { type, relaxed }
      const value = inline
        ? inlineMath(m, f as FunctionBuilder, name, options, x, y)
        : emitMath(m, name, options).call(...(name === 'pow' ? [x, y] : [x]))
      f.store('v128', p, value, at.out)
    })
  })
  const imports = { env: { memory }, Math: Math as unknown as WebAssembly.ModuleImports }
  return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), imports).exports.run as () => void
}

/** erf(k * 0.1015625) for k = 1 ... 60, by mpmath with 40 digits. */
const erfTable = [
  0.11420819127001174, 0.22608838283339747, 0.3334539681483414, 0.4343869111338239, 0.5273384792378344,
  0.6111949240724767, 0.6853041213988241, 0.749464025586362, 0.8038780983946119, 0.8490860348888876, 0.8858797849052228,
  0.9152150038717323, 0.9381268729910758, 0.9556571025052353, 0.9687963524077972, 0.9784437332399837,
  0.9853828491532544, 0.990272239612104, 0.9936471414646219, 0.995929182294753, 0.9974407983563729, 0.9984216772655606,
  0.9990451896626054, 0.9994334567454198, 0.9996703058905, 0.9998118425116297, 0.9998946980537242, 0.9999422129760188,
  0.9999689057793805, 0.9999835955169287, 0.999991514867221, 0.9999956972205363, 0.9999978609726824, 0.9999989575769039,
  0.9999995020142429, 0.9999997668041688, 0.9999998929609378, 0.999999951841938, 0.9999999787631928, 0.9999999908210709,
  0.9999999961116346, 0.9999999983856238, 0.999999999343105, 0.9999999997380418, 0.9999999998976223, 0.999999999960789,
  0.9999999999852826, 0.9999999999945866, 0.9999999999980487, 0.9999999999993108, 0.9999999999997614,
  0.9999999999999191, 0.9999999999999731, 0.9999999999999912, 0.9999999999999972, 0.9999999999999991,
  0.9999999999999998, 0.9999999999999999, 1.0, 1.0,
]

/** Good to about 1e-15, enough for f32. Series below 3, 1 minus the continued fraction of erfc above it. */
function erf(x: number): number {
  const a = Math.abs(x)
  if (a === 0 || Number.isNaN(x)) return x
  if (a > 6.5) return Math.sign(x)
  const scale = Math.exp(-a * a) / Math.sqrt(Math.PI)
  if (a < 3) {
    let [term, sum] = [a, a]
    for (let n = 1; term > sum * 1e-18; n++) sum += term *= (2 * a * a) / (2 * n + 1)
    return Math.sign(x) * 2 * sum * scale
  }
  let fraction = a
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction
  return Math.sign(x) * (1 - scale / fraction)
}
const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))
const { exp, expm1, log, log1p, tanh, sin, cos } = Math
const doubles = { exp, expm1, log, log1p, tanh, sin, cos, sigmoid }
const singles = { ...doubles, erf }

/** Distance to the correctly rounded value in units of the last place there; infinite for a wrong sign of zero, a
 * missing NaN or infinity. */
function ulps(type: Real, got: number, exact: number): number {
  const [fraction, least] = type === 'f32' ? [23, -126] : [52, -1022]
  const rounded = type === 'f32' ? Math.fround(exact) : exact
  if (Object.is(got, rounded)) return 0
  if (!Number.isFinite(rounded) || !Number.isFinite(got) || (rounded === 0 && got === 0)) return Infinity
  return Math.abs(got - rounded) / 2 ** (Math.max(least, Math.floor(Math.log2(Math.abs(rounded)))) - fraction)
}

/** The worst error over x, with where it is. */
function worst(
  type: Real,
  run: () => void,
  expected: (x: number, y: number) => number,
  xs: ArrayLike<number>,
  ys?: ArrayLike<number>,
): { ulps: number; x?: number; y?: number; got?: number } {
  let result: ReturnType<typeof worst> = { ulps: 0 }
  const [x, y, out] = [view(type, at.x), view(type, at.y), view(type, at.out)]
  for (let from = 0; from < xs.length; from += count) {
    const n = Math.min(count, xs.length - from)
    for (let k = 0; k < n; k++) {
      x[k] = xs[from + k]!
      y[k] = ys?.[from + k] ?? 0
    }
    run()
    for (let k = 0; k < n; k++) {
      const error = ulps(type, out[k]!, expected(x[k]!, y[k]!))
      if (error > result.ulps) result = { ulps: error, x: x[k]!, y: y[k]!, got: out[k]! }
    }
  }
  return result
}

/** Every 40,009th of all 2^32 bit patterns: both signs, all exponents, denormals, NaN. */
const patterns32 = new Float32Array(
  Uint32Array.from({ length: Math.floor(2 ** 32 / 40009) }, (_, k) => k * 40009).buffer,
)
const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  Infinity,
  -Infinity,
  NaN,
  5e-324,
  -5e-324,
  1e-310,
  1.4e-45,
  -1.4e-45,
  1e-40,
  88.72,
  88.73,
  -87.4,
  -103.9,
  -104,
]
  .concat([
    709.78,
    709.79,
    -708.5,
    -745.1,
    -745.2,
    1e16,
    1e6,
    1000001,
    3.4e38,
    -3.4e38,
    1e308,
    -1e308,
    9,
    20,
    -20,
    37,
    -38,
    4,
    5.9,
    6,
    0.625,
    1 / 3,
  ])
  .concat([1, 2, 3, 100, 12345].flatMap((n) => [(n * Math.PI) / 2, Math.fround((n * Math.PI) / 2)]))
/** Reals at every scale around 1 and, as bits, over the whole range, from a fixed generator. */
const patterns64 = Float64Array.from({ length: 60_000 }, (_, k) => {
  const u = (((k * 0x9e3779b97f4a7c15) % 2 ** 64) / 2 ** 64 + k * Math.SQRT2) % 1
  return [4, 80, 1500, 1e7][k % 4]! * (2 * u - 1) * (k % 8 < 4 ? 1 : 2 ** -(k % 1000))
})

const bound32 = 2
const bound64: Partial<Record<VectorMath, number>> = { tanh: 4 }
const variants = [false, ...(hasRelaxedSimd() ? [true] : [])]

describe.each(variants)('relaxed SIMD %s', (relaxed) => {
  test.each(Object.entries(singles) as [keyof typeof singles, (x: number) => number][])(
    '%s: f32 within 2 ulp over the whole range',
    (name, expected) => {
      const run = kernel(name, 'f32', relaxed)
      expect(worst('f32', run, expected, patterns32).ulps).toBeLessThanOrEqual(bound32)
      expect(worst('f32', run, expected, special).ulps).toBeLessThanOrEqual(bound32)
    },
  )
  test.each(Object.entries(doubles) as [keyof typeof doubles, (x: number) => number][])(
    '%s: f64 within its bound over the whole range',
    (name, expected) => {
      const run = kernel(name, 'f64', relaxed)
      expect(worst('f64', run, expected, patterns64).ulps).toBeLessThanOrEqual(bound64[name] ?? 2)
      expect(worst('f64', run, expected, special).ulps).toBeLessThanOrEqual(bound64[name] ?? 2)
    },
  )
  test('erf: f64 within 2 ulp of tabulated values, odd, and 1 from 6 on', () => {
    const run = kernel('erf', 'f64', relaxed)
    const xs = erfTable.map((_, k) => (k + 1) * 0.1015625)
    const table = new Map(xs.map((x, k) => [x, erfTable[k]!]))
    const expected = (x: number): number => Math.sign(x) * (table.get(Math.abs(x)) ?? 1)
    expect(
      worst('f64', run, expected, [...xs, ...xs.map((x) => -x), 6, 10, Infinity, -Infinity]).ulps,
    ).toBeLessThanOrEqual(2)
    expect(
      worst('f64', run, (x) => x * (2 / Math.sqrt(Math.PI)), [1e-10, -1e-200, 0, -0, NaN]).ulps,
    ).toBeLessThanOrEqual(2)
  })
  test.each(['f32', 'f64'] as const)('pow: %s, with the special cases of Math.pow', (type) => {
    const run = kernel('pow', type, relaxed)
    const values = special.concat([3, -3, 7, -7, 2.5, -2.5, 16777215, 16777217, -16777216, 1e10, -1e10])
    const pairs = values.flatMap((x) => values.map((y) => [x, y] as const))
    const fround = (x: number): number => (type === 'f32' ? Math.fround(x) : x)
    const pow = (x: number, y: number): number => Math.pow(fround(x), fround(y))
    expect(
      worst(
        type,
        run,
        pow,
        pairs.map(([x]) => x),
        pairs.map(([, y]) => y),
      ).ulps,
    ).toBeLessThanOrEqual(1)
    const wide = Array.from(patterns64.subarray(0, 20_000), (x) => Math.abs(x % 30) + 0.01)
    expect(
      worst(
        type,
        run,
        pow,
        wide,
        patterns64.subarray(20_000, 40_000).map((x) => x % 25),
      ).ulps,
    ).toBeLessThanOrEqual(1)
  })
})

test('a shared function gives the bits that inlining gives, and is emitted once', () => {
  const x = view('f32', at.x)
  x.forEach((_, k) => (x[k] = (k - 2000) / 50))
  kernel('tanh', 'f32', false)()
  const inlined = view('f32', at.out).slice()
  kernel('tanh', 'f32', false, false)()
  expect(view('f32', at.out)).toEqual(inlined)
  const m = createModule()
  expect(emitMath(m, 'exp', { type: 'f32', relaxed: false })).toBe(emitMath(m, 'exp', { type: 'f32', relaxed: false }))
})
