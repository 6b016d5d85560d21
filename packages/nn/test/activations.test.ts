import { describe, expect, it } from 'vitest'
import { cast, grad, sum, tensor, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import {
  elu,
  gelu,
  glu,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
} from '../src/index.ts'
import { f64, list, values, withRuntime } from './runtime.ts'

withRuntime()

/** Value and derivative at -1000, 0 and 1000, and the derivative at kinks and NaN, as PyTorch has them. */
const table: {
  f: (x: Tensor) => Tensor
  name: string
  far: [number, number, number]
  slopes: [number, number, number]
  kinks?: Record<string, number>
}[] = [
  { name: 'relu', f: relu, far: [0, 0, 1000], slopes: [0, 0, 1], kinks: { NaN: 1 } },
  { name: 'relu6', f: relu6, far: [0, 0, 6], slopes: [0, 0, 0], kinks: { 6: 0, NaN: 1 } },
  { name: 'leakyRelu', f: leakyRelu, far: [-10, 0, 1000], slopes: [0.01, 0.01, 1], kinks: { NaN: 0.01 } },
  { name: 'elu', f: elu, far: [-1, 0, 1000], slopes: [0, 1, 1] },
  {
    name: 'selu',
    f: selu,
    far: [-1.7580993408473766, 0, 1050.7009873554805],
    slopes: [0, 1.7580993408473766, 1.0507009873554805],
  },
  { name: 'gelu', f: gelu, far: [0, 0, 1000], slopes: [0, 0.5, 1] },
  { name: 'gelu, tanh', f: (x) => gelu(x, { approximate: 'tanh' }), far: [0, 0, 1000], slopes: [0, 0.5, 1] },
  { name: 'silu', f: silu, far: [0, 0, 1000], slopes: [0, 0.5, 1] },
  { name: 'mish', f: mish, far: [0, 0, 1000], slopes: [0, 0.6, 1] },
  { name: 'softplus', f: softplus, far: [0, Math.LN2, 1000], slopes: [0, 0.5, 1] },
  { name: 'sigmoid', f: sigmoid, far: [0, 0.5, 1], slopes: [0, 0.25, 0] },
  { name: 'logSigmoid', f: logSigmoid, far: [-1000, -Math.LN2, 0], slopes: [1, 0.5, 0] },
  { name: 'hardSigmoid', f: hardSigmoid, far: [0, 0.5, 1], slopes: [0, 1 / 6, 0], kinks: { 3: 0, '-3': 0, NaN: 0 } },
  { name: 'hardSwish', f: hardSwish, far: [0, 0, 1000], slopes: [0, 0.5, 1], kinks: { 3: 1.5, '-3': -0.5 } },
  { name: 'hardTanh', f: hardTanh, far: [-1, 0, 1], slopes: [0, 1, 0], kinks: { 1: 0, '-1': 0, NaN: 1 } },
  { name: 'softsign', f: softsign, far: [-1000 / 1001, 0, 1000 / 1001], slopes: [1 / 1001 ** 2, 1, 1 / 1001 ** 2] },
]

describe.each(table)('$name', ({ f, far, slopes, kinks = {} }) => {
  it('has its limits and slopes far out and at 0, in float64 and float32', async () => {
    for (const [dtype, digits] of [
      ['float64', 7],
      ['float32', 3],
    ] as const) {
      const x = cast(f64([-1000, 0, 1000]), dtype)
      const y = f(x)
      const [dx] = grad([sum(y)], [x])
      ;(await list(y)).forEach((v, i) => expect(v).toBeCloseTo(far[i], digits))
      ;(await list(dx)).forEach((v, i) => expect(v).toBeCloseTo(slopes[i], digits))
    }
  })
  it('has finite second derivatives far out and at 0', async () => {
    const x = f64([-1000, -100, 0, 100, 1000])
    const [dx] = grad([sum(f(x))], [x])
    const [dxx] = grad([sum(dx)], [x], { allowUnused: true })
    for (const v of await list(dxx)) expect(Math.abs(v)).toBeLessThan(2)
  })
  it("has PyTorch's slope at each kink, and at NaN", async () => {
    for (const [at, slope] of Object.entries(kinks)) {
      const x = f64([Number(at)])
      expect((await list(grad([sum(f(x))], [x])[0]))[0]).toBeCloseTo(slope, 6)
    }
  })
  it('has gradients to second order where it is smooth', () => checkGrads(f, [values([3, 2], 5, 0.8)]))
  it('passes NaN on', async () => {
    expect(await list(f(f64([NaN])))).toEqual([NaN])
  })
})

/** Value, slope and second derivative at -infinity and infinity. */
const limits: {
  name: string
  f: (x: Tensor) => Tensor
  low: [number, number, number]
  high: [number, number, number]
}[] = [
  { name: 'relu', f: relu, low: [0, 0, 0], high: [Infinity, 1, 0] },
  { name: 'relu6', f: relu6, low: [0, 0, 0], high: [6, 0, 0] },
  { name: 'leakyRelu', f: leakyRelu, low: [-Infinity, 0.01, 0], high: [Infinity, 1, 0] },
  { name: 'elu', f: elu, low: [-1, 0, 0], high: [Infinity, 1, 0] },
  { name: 'selu', f: selu, low: [-1.7580993408473766, 0, 0], high: [Infinity, 1.0507009873554805, 0] },
  { name: 'gelu', f: gelu, low: [0, 0, 0], high: [Infinity, 1, 0] },
  { name: 'gelu, tanh', f: (x) => gelu(x, { approximate: 'tanh' }), low: [0, 0, 0], high: [Infinity, 1, 0] },
  { name: 'silu', f: silu, low: [0, 0, 0], high: [Infinity, 1, 0] },
  { name: 'mish', f: mish, low: [0, 0, 0], high: [Infinity, 1, 0] },
  { name: 'softplus', f: softplus, low: [0, 0, 0], high: [Infinity, 1, 0] },
  { name: 'sigmoid', f: sigmoid, low: [0, 0, 0], high: [1, 0, 0] },
  { name: 'logSigmoid', f: logSigmoid, low: [-Infinity, 1, 0], high: [0, 0, 0] },
  { name: 'hardSigmoid', f: hardSigmoid, low: [0, 0, 0], high: [1, 0, 0] },
  { name: 'hardSwish', f: hardSwish, low: [0, 0, 0], high: [Infinity, 1, 0] },
  { name: 'hardTanh', f: hardTanh, low: [-1, 0, 0], high: [1, 0, 0] },
  { name: 'softsign', f: softsign, low: [-1, 0, 0], high: [1, 0, 0] },
]
describe.each(limits)('$name far out', ({ f, low, high }) => {
  it('has its limits, and those of both derivatives, at the infinities', async () => {
    for (const dtype of ['float64', 'float32'] as const) {
      const x = cast(f64([-Infinity, Infinity]), dtype)
      const y = f(x)
      // A cotangent that depends on x takes every path through the rule a second time.
      const [dx] = grad([sum(y)], [x])
      const [dxx] = grad([sum(dx)], [x], { allowUnused: true })
      const got = await Promise.all([y, dx, dxx].map(list))
      got.forEach((v, k) => {
        expect(v[0]).toBeCloseTo(low[k], 6)
        expect(v[1]).toBeCloseTo(high[k], 6)
      })
    }
  })
  it('is finite, or x itself, at +-1e30 and +-1e38 in float32', async () => {
    const at = [-1e38, -1e30, 1e30, 1e38].map(Math.fround)
    const x = tensor(at)
    const y = f(x)
    const [dx] = grad([sum(y)], [x])
    const [dxx] = grad([sum(dx)], [x], { allowUnused: true })
    const [value, slope, second] = await Promise.all([y, dx, dxx].map(list))
    expect(slope.map((v) => Number(v.toFixed(6)))).toEqual(
      [low[1], low[1], high[1], high[1]].map((v) => Number(v.toFixed(6))),
    )
    expect(second.map(Math.abs)).toEqual([0, 0, 0, 0])
    value.forEach((v, i) => expect(Math.abs(v)).toBeLessThanOrEqual(1.06 * Math.abs(at[i])))
    if (high[0] === Infinity) expect(value[3] / at[3]).toBeCloseTo(high[1], 6)
  })
})

describe('gelu by erf', () => {
  // x, value, slope, second derivative: by mpmath, 40 digits
  const known = [
    [-30, -1.472014178144456e-196, -4.416031690708495e-195, -1.3233342291209357e-193],
    [-12, -2.1317785344932147e-32, -2.5578956616748956e-31, -3.0478649046415457e-30],
    [-8, -4.976768459417427e-15, -3.979607261086796e-14, -3.1324080717928733e-13],
    [-6, -5.9195258702261885e-9, -3.5468709453902015e-8, -2.065800168939917e-7],
    [-5, -1.4332578593959695e-6, -7.146946001792295e-6, -3.4194548838888845e-5],
    [-2.5, -0.015524163314440337, -0.03761108590814521, -0.07449527709766629],
    [-0.75, -0.16997051428265114, 0.0007742782607648957, 0.43288505872253136],
    [-1e-9, -4.999999996010577e-10, 0.49999999920211546, 0.7978845608028654],
    [0.25, 0.14967658142073093, 0.695373354883636, 0.7491694763055203],
    [2, 1.9544997361036416, 1.085231801078197, -0.1079819330263761],
    [6, 5.999999994080474, 1.0000000354687095, -2.065800168939917e-7],
    [9, 9, 1, -8.121021121618442e-17],
  ]
  it.each([
    ['float64', 2 ** -52],
    ['float32', 2 ** -23],
  ] as const)('keeps the digits of its left tail, and its derivatives theirs: %s', async (dtype, step) => {
    for (const [at, ...want] of known) {
      const x = tensor([at], { dtype })
      const y = gelu(x)
      const [dx] = grad([sum(y)], [x])
      const got = await Promise.all([y, dx, grad([sum(dx)], [x])[0]].map(list))
      // What the density loses to the rounding of x^2, and the slope near its zero.
      const within = (at === -0.75 ? 1000 : 4 + 2 * at * at) * step
      got.forEach(([v], k) => {
        const least = dtype === 'float32' ? 2 ** -126 : 0
        expect(Math.abs(v - want[k]), `${at}: ${v}`).toBeLessThanOrEqual(Math.abs(want[k]) * within + least)
      })
    }
  })
})

describe('softmax and logSoftmax', () => {
  it('survive logits of +-1000 along any axis', async () => {
    expect(
      await softmax(
        f64([
          [1000, -1000],
          [1000, 1000],
        ]),
      ).array(),
    ).toEqual([
      [1, 0],
      [0.5, 0.5],
    ])
    expect(
      await softmax(
        f64([
          [1000, -1000],
          [1000, 1000],
        ]),
        { axis: 0 },
      ).array(),
    ).toEqual([
      [0.5, 0],
      [0.5, 1],
    ])
    expect(await logSoftmax(f64([[1000, -1000]])).array()).toEqual([[0, -2000]])
  })
  it('have gradients to second order along any axis', async () => {
    for (const axis of [0, 1, -1]) {
      await checkGrads((x) => softmax(x, { axis }), [values([2, 3, 2], 1)])
      await checkGrads((x) => logSoftmax(x, { axis }), [values([2, 3, 2], 2)])
    }
  })
  it('give an array without elements for an empty axis', async () => {
    expect(await softmax(tensor([[], []])).array()).toEqual([[], []])
  })
  it('refuse an axis that is not there', () => {
    expect(() => softmax([1, 2], { axis: 1 })).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})

describe('glu', () => {
  it('gates the first half of an axis by the second', async () => {
    expect(await glu(f64([[1, 2, 0, 1000]])).array()).toEqual([[0.5, 2]])
    await checkGrads((x) => glu(x, { axis: 0 }), [values([4, 3])])
  })
  it('refuses an odd size', () => {
    expect(() => glu([1, 2, 3])).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})

it('logSigmoid takes unsigned numbers and bools as floats', async () => {
  for (const dtype of ['uint32', 'bool'] as const) {
    const y = logSigmoid(tensor([0, 1], { dtype }))
    expect([y.dtype, await list(y)]).toEqual(['float32', [-Math.LN2, -0.3132617].map((v) => expect.closeTo(v, 6))])
  }
})

it('softplus and logSigmoid keep the digits of second derivatives far out, in float32 too', async () => {
  const at = [-30, -20, -10, 0, 10, 20, 30]
  for (const dtype of ['float32', 'float64'] as const) {
    const x = tensor(at, { dtype })
    const seconds = [softplus, logSigmoid].map((f) => grad(grad([sum(f(x))], [x]), [x])[0])
    const [plus, log] = await Promise.all(seconds.map(list))
    at.forEach((v, i) => {
      const rest = 1 / (1 + Math.exp(Math.abs(v)))
      expect(plus[i] / (rest * (1 - rest))).toBeCloseTo(1, 6)
      expect(log[i] / (rest * (1 - rest))).toBeCloseTo(-1, 6)
    })
  }
})

it('elu keeps the digits of derivatives far below 0, in float32 too', async () => {
  const at = [-30, -20, -10, -1, 0]
  for (const dtype of ['float32', 'float64'] as const) {
    const x = tensor(at, { dtype })
    const [dx] = grad([sum(elu(x, { alpha: 2 }))], [x])
    const [first, second] = await Promise.all([dx, grad([sum(dx)], [x])[0]].map(list))
    at.forEach((v, i) => {
      expect(first[i] / (2 * Math.exp(v))).toBeCloseTo(1, 6)
      expect(second[i] / (2 * Math.exp(v))).toBeCloseTo(1, 6)
    })
  }
})
