/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import { afterAll, describe, expect, it } from 'vitest'
import { apply, cast, defineOp, full, grad, KernelError, tensor, zerosLike, type Tensor } from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { createRuntime } from '@gradloom/core'
import * as g from './functions.ts'
import { closeAll, derivatives, everywhere, expectAll, f64, of, runtimes } from './backends.ts'

afterAll(closeAll)

describe('special functions', () => {
  it('erfc is exact at 0, and right to the last digits around it', async () => {
    const x = [0, -0, -0.49, -0.001, 0.001, 0.25, 0.4999, 0.5]
    const want = [
      1, 1, 1.511668261188523, 1.0011283787909693, 0.9988716212090307, 0.7236736098317631, 0.4795880048386134,
      0.4795001221869535,
    ]
    await expectAll(g.erfc(f64(...x)), want, 4e-16)
    await expectAll(g.erfc(full([1], 0)), [1])
  })
  it('erfc keeps its digits on both sides, until it underflows', async () => {
    const x = [-4.5, -0.75, 0.625, 1.5, 3, 8.25]
    const want = [
      1.999999999803384, 1.7111556336535152, 0.376759117811582, 0.033894853524689274, 2.209049699858544e-5,
      1.8735664705504997e-31,
    ]
    await expectAll(g.erfc(f64(...x)), want, 5e-16)
    await expectAll(g.erfc(of('float32', ...x)), want, 3e-7)
    await expectAll(g.erfc(f64(17.75, 26.25)), [4.694993499922695e-139, 1.191076770672623e-301], 5e-16)
    for (const dtype of ['float32', 'float64'] as const)
      await expectAll(g.erfc(of(dtype, 28, 1e30, Infinity, -28, -1e30, -Infinity, NaN)), [0, 0, 0, 2, 2, 2, NaN])
  })
  it('polygamma keeps its digits beside its poles', async () => {
    const values: [n: number, x: number, want: number][] = [
      [1, -1e-12, 1e24],
      [1, -1e-6, 1000000000001.645],
      [1, -0.01, 10001.669304101071],
      [1, -0.9999999999990905, 1.2089258196146292e24],
      [1, -3.0000000009313226, 1.152921504606847e18],
      [1, -2.0001, 100000002.89452748],
      [2, -1e-12, 2e36],
      [2, -1e-6, 2.0000000000000003e18],
      [2, -0.01, 1999997.5296818325],
      [2, -0.9999999999990905, -2.658455991569832e36],
      [2, -3.0000000009313226, 2.4758800785707605e27],
      [2, -2.0001, 1999999999987.1826],
      [3, -1e-12, 6e48],
      [3, -1e-6, 6.000000000000001e24],
      [3, -0.01, 600000006.7490292],
      [3, -0.9999999999990905, 8.769009823985418e48],
      [3, -3.0000000009313226, 7.975367974709495e36],
      [3, -2.0001, 5.999999999949354e16],
      [4, -1e-12, 2.4000000000000002e61],
      [4, -1e-6, 2.4000000000000007e31],
      [4, -0.01, 239999999973.85574],
      [4, -0.9999999999990905, -3.8566513062215767e61],
      [4, -3.0000000009313226, 3.4253944624943037e46],
      [4, -2.0001, 2.3999999999746764e21],
    ]
    for (const [n, x, want] of values) await expectAll(g.polygamma(n, f64(x)), [want], 2e-13)
    await expectAll(derivatives(g.digamma, f64(-1e-12), 1), [1e24], 1e-10)
  })
  it('polygamma keeps its digits where powers of its argument vanish', async () => {
    const values: [n: number, x: number, want: number][] = [
      [1, 1e200, 1e-200],
      [2, 1e120, -1.0000000000000001e-240],
      [100, 1e4, -9.379363201543512e-245],
      [150, 87.25, -6.128230271646092e-31],
      [170, 1e3, -4.642275481885541e-206],
    ]
    for (const [n, x, want] of values) await expectAll(g.polygamma(n, f64(x)), [want], 1e-13)
    await expectAll(derivatives(g.lgamma, f64(1e200), 2), [1e-200])
  })
  it('polygamma has the limit from above at its poles', async () => {
    for (const n of [1, 2, 3, 4])
      await expectAll(g.polygamma(n, f64(0, -1, -7)), new Array<number>(3).fill(n % 2 ? Infinity : -Infinity))
    await expectAll(g.polygamma(2, f64(Infinity, -Infinity, NaN)), [0, NaN, NaN])
    expect(() => g.polygamma(171, f64(1))).toThrow(expect.objectContaining({ code: 'DTYPE' }))
  })
  it.each<[string, (x: Tensor) => Tensor, (x: number) => number]>([
    ['asin', g.asin, (x) => x / (1 - x * x) ** 1.5],
    ['acos', g.acos, (x) => -x / (1 - x * x) ** 1.5],
    ['atanh', g.atanh, (x) => (2 * x) / (1 - x * x) ** 2],
    ['asinh', g.asinh, (x) => -x / (1 + x * x) ** 1.5],
    ['atan', g.atan, (x) => (-2 * x) / (1 + x * x) ** 2],
  ])('%s has an accurate second derivative near 0', async (_, fn, second) => {
    const x = [1e-12, -1e-8, 1e-3, 0.3, -0.6]
    await expectAll(derivatives(fn, f64(...x), 2), x.map(second), 1e-14)
  })
  it.each([
    ['float16', 6e4, 3e-3],
    ['float32', 1e22, 2e-7],
    ['float64', 1e200, 1e-15],
  ] as const)('asinh and acosh have gradients far out, where squares overflow: %s', async (dtype, x, digits) => {
    const slopes = (fn: (x: Tensor) => Tensor, ...at: number[]): Tensor =>
      cast(derivatives(fn, of(dtype, ...at), 1), dtype === 'float16' ? 'float32' : dtype)
    const far = [2 ** 7, 2 ** 13, 2 ** 15, x, Infinity]
    const rises = far.map((v) => 1 / Math.hypot(v, 1))
    await expectAll(slopes(g.asinh, ...far), rises, digits)
    await expectAll(slopes(g.asinh, ...far.map((v) => -v)), rises, digits)
    await expectAll(slopes(g.asinh, 0, NaN, 0.75), [1, NaN, 0.8], digits)
    await expectAll(
      slopes(g.acosh, ...far),
      far.map((v) => 1 / Math.sqrt(v - 1) / Math.sqrt(v + 1)),
      digits,
    )
    await expectAll(slopes(g.acosh, 1, 0.5, -2, NaN), [Infinity, NaN, NaN, NaN])
  })
  it('expm1 has the slope of exp, also where it is near -1', async () => {
    for (const [dtype, digits] of [
      ['float32', 2e-7],
      ['float64', 1e-15],
    ] as const)
      for (const order of [1, 2])
        await expectAll(
          derivatives(g.expm1, of(dtype, -80, -25, -1, 0, 2, -Infinity), order),
          [-80, -25, -1, 0, 2, -Infinity].map(Math.exp),
          digits,
        )
  })
  it('log2 and rsqrt have derivatives in float16 up to its end', async () => {
    const wide = (t: Tensor): Tensor => cast(t, 'float32')
    const x = of('float16', 3 * 2 ** -9)
    await expectAll(wide(derivatives(g.log2, x, 2)), [-Math.LOG2E / (3 * 2 ** -9) ** 2], 3e-3)
    await expectAll(wide(derivatives(g.rsqrt, of('float16', 2 ** -11), 1)), [-(2 ** 15.5)], 3e-3)
  })
  it('asinh has second derivatives on both sides of where its square is left out', async () => {
    for (const x of [2 ** 29, 2 ** 30, 2 ** 30 + 1, 1e100])
      await expectAll(derivatives(g.asinh, f64(-x, x), 2), [1 / x / x, -1 / x / x], 1e-15)
    await expectAll(g.abs(derivatives(g.asinh, f64(-Infinity, Infinity), 2)), [0, 0])
    await expectAll(derivatives(g.acosh, f64(1e100), 2), [-1e-200], 1e-15)
  })
})

describe('pow', () => {
  const x = f64(0, 2, -3)
  it.each([0, 1, 2, 3])('has derivatives of every order at 0 for exponent %d, a literal or not', async (n) => {
    for (const power of [
      (t: Tensor) => g.pow(t, n),
      (t: Tensor) => g.pow(t, f64(n)),
      (t: Tensor) => t.pow(full([3], n, t)),
    ]) {
      let factor = 1
      for (let order = 1; order <= 4; order++) {
        factor *= n - order + 1
        const want = [0, 2, -3].map((v) => (factor ? factor * v ** (n - order) : 0))
        // Of no matter which sign.
        await expectAll(g.where(g.equal(derivatives(power, x, order), 0), 0, derivatives(power, x, order)), want)
      }
    }
  })
  it('has a gradient of 0 at an exponent of 0 where the reciprocal overflows, and NaN for one of NaN', async () => {
    await expectAll(
      derivatives((t) => g.pow(t, f64(0, 0)), f64(1e-310, -1e-310), 1),
      [0, 0],
    )
    await expectAll(
      derivatives((t) => g.pow(t, NaN), f64(2, 0), 1),
      [NaN, NaN],
    )
  })
  it('has mixed derivatives at an exponent of 0, and finite ones at 0', async () => {
    const b = f64(0, 0, 2)
    const a = f64(2, 0, 0)
    const [ga] = grad([g.pow(a, b)], [a])
    const [gab] = grad([ga], [b])
    for (const { data } of await everywhere(gab)) {
      expect(data[0]).toBe(0.5)
      expect(Array.from(data, Number.isFinite)).toEqual([true, true, true])
    }
    const [gb] = grad([g.pow(a, b)], [b])
    const [gba] = grad([gb], [a])
    for (const { data } of await everywhere(gba)) expect(Array.from(data, Number.isFinite)).toEqual([true, true, true])
  })
  it.each(['float32', 'float64'] as const)('is what C has at infinite exponents: %s', async (dtype) => {
    for (const [a, b, want] of [
      [-1, Infinity, 1],
      [-1, -Infinity, 1],
      [1, NaN, 1],
      [NaN, 0, 1],
      [-2, -Infinity, 0],
      [0.5, Infinity, 0],
    ] as const) {
      await expectAll(g.pow(of(dtype, a), of(dtype, b)), [want])
      await expectAll(g.pow(full([], a, { dtype }), full([], b, { dtype })), [want])
      await expectAll(g.pow(of(dtype, a), b), [want])
    }
  })
})

it.each(['float32', 'float64'] as const)('a remainder of 0 has the sign of the divisor: %s', async (dtype) => {
  for (const [a, b, want] of [
    [-4, 2, 0],
    [4, -2, -0],
    [0, -3, -0],
    [-0, 3, 0],
    [-1, 3, 2],
    [1, -Infinity, -Infinity],
  ] as const) {
    await expectAll(g.remainder(of(dtype, a), of(dtype, b)), [want])
    await expectAll(g.remainder(full([], a, { dtype }), full([], b, { dtype })), [want])
  }
})

it('uniform numbers stay below their end, and low is no rarer than others', async () => {
  const rng = g.createRng(3)
  for (const [low, high] of [
    [1000, 1001],
    [-1001, -1000],
    [2 ** 23, 2 ** 23 + 4],
    [0, 3],
    [5, 5],
  ] as const) {
    const drawn = rng.uniform([2 ** 18], { low, high })
    const asTensors = rng.uniform([2 ** 18], { low: tensor(low), high: tensor(high) })
    for (const t of [drawn, asTensors]) {
      const [{ data }] = await runtimes.cpu.evaluate([t])
      expect([low, (data as Float32Array).every((v) => v >= low && (v < high || low === high))]).toEqual([low, true])
      if (high - low === 4)
        for (let i = 0; i < 4; i++)
          expect((data as Float32Array).filter((v) => v === low + i).length / 2 ** 16).toBeCloseTo(1, 1)
    }
  }
})

describe('whole numbers', () => {
  const m = tensor([
    [1, 2],
    [3, 4],
  ])
  it.each<[string, () => unknown]>([
    ['diagonal', () => g.diagonal(m, 0.5)],
    ['diagonal of NaN', () => g.diagonal(m, NaN)],
    ['diag of a matrix', () => g.diag(m, 0.5)],
    ['diag of a vector', () => g.diag(tensor([1, 2]), 0.5)],
    ['tril', () => g.tril(m, 0.5)],
    ['triu', () => g.triu(m, Infinity)],
    ['tensordot of infinitely many axes', () => g.tensordot(m, m, Infinity)],
    ['tensordot of -1 axes', () => g.tensordot(m, m, -1)],
    ['tensordot of half an axis', () => g.tensordot(m, m, 0.5)],
    ['split into a billion parts', () => g.split(m, 1e9)],
    ['split into half a part', () => g.split(m, 0.5)],
    ['checkIndices', () => g.checkIndices([0], 1.5)],
    ['take', () => g.take(m, [0], 0.5)],
    ['sum', () => g.sum(m, { axis: 0.5 })],
    ['topK', () => g.topK(m, 1.5)],
    ['oneHot', () => g.oneHot([0], 1.5)],
    ['tile', () => g.tile(m, [0.5])],
    ['reshape', () => g.reshape(m, [0.5, 8])],
    ['permutation', () => g.createRng(1).permutation(1.5)],
    ['uniform', () => g.createRng(1).uniform([1.5])],
  ])('are required by %s', (_, build) => {
    expect(build).toThrow(expect.objectContaining({ code: 'SHAPE' }))
  })
})

describe('unknown sizes', () => {
  it('can be those of cotangents, of zeros, and stand beside 0', async () => {
    for (const rt of Object.values(runtimes)) {
      const env = rt.variables()
      const step = env.compile((ctx) => {
        const x = ctx.placeholder('x', [-1, 2], 'float64')
        const c = ctx.placeholder('c', [3, 2], 'float64')
        const z = zerosLike(x)
        const [gx] = grad([x.mul(x)], [x], { cotangents: [c] })
        const [gz] = grad([x.mul(z)], [x], { cotangents: [x] })
        return { gx, gz, z: z.add(1) }
      })
      const x = [
        [1, 2],
        [3, 4],
        [5, 6],
      ]
      const { gx, gz, z } = await step({
        x,
        c: [
          [1, 1],
          [1, 1],
          [2, 2],
        ],
      })
      expect([gx.array(), gz.array(), z.array()]).toEqual([
        [
          [2, 4],
          [6, 8],
          [20, 24],
        ],
        [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
        [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      ])
      await expect(
        step({
          x: [[1, 2]],
          c: [
            [1, 1],
            [1, 1],
            [2, 2],
          ],
        }),
      ).rejects.toMatchObject({ code: 'SHAPE' })
      const empty = env.compile((ctx) => {
        const y = ctx.placeholder('y', [-1])
        const none = tensor(new Float32Array(0))
        return { a: y.add(none), b: none.mul(y), c: g.einsum('i,i->i', y, none) }
      })
      const { a, b, c } = await empty({ y: [] })
      expect([a.shape, b.shape, c.shape]).toEqual([[0], [0], [0]])
    }
  })
})

describe('ops of others', () => {
  const wrong = (name: string, rule: (g: Tensor) => Tensor | null): ((x: Tensor) => Tensor) => {
    const op = defineOp({ name, expr: ([x]) => x.mul(2), vjp: ({ cotangents: [c] }) => [rule(c)] })
    return (x) => apply(op, [x])
  }
  it.each<[string, (c: Tensor) => Tensor]>([
    ['another dtype', (c) => c.cast('float32')],
    ['another rank', (c) => g.sum(c)],
    ['more axes', (c) => g.expandDims(c, 0)],
    ['other sizes', (c) => g.concat([c, c])],
  ])('whose gradient has %s are refused', async (_, rule) => {
    const x = f64(1, 2)
    const [gx] = grad([wrong('acme/wrong', rule)(x)], [x])
    for (const rt of Object.values(runtimes))
      await expect(rt.evaluate([gx])).rejects.toMatchObject({
        code: 'GRAD',
        message: expect.stringContaining('acme/wrong') as string,
      })
  })
  it.each([
    ['cpu', cpu],
    ['reference', reference],
  ] as const)('whose kernel is asynchronous are refused: %s', async (name, backend) => {
    const op = defineOp({ name: 'acme/late', infer: ([x]) => x, vjp: ({ inputs }) => inputs.map(() => null) })
    const late = async (): Promise<never> => {
      await Promise.resolve()
      throw new Error('nobody waits for this')
    }
    const rt = createRuntime({
      backends: [backend()],
      plugins: [{ name: 'acme', ops: [op], kernels: { [name]: { 'acme/late': late } } }],
    })
    await expect(rt.evaluate([apply(op, [f64(1)])])).rejects.toThrow(KernelError)
    await rt.close()
  })
})

describe('size is no limit', () => {
  it('of concat and stack', async () => {
    const one = tensor([1])
    const many = new Array<Tensor>(130_000).fill(one)
    expect(g.concat(many).shape).toEqual([130_000])
    expect(g.stack(many).shape).toEqual([130_000, 1])
    expect(() => g.concat([...many, tensor([[1]])])).toThrow(expect.objectContaining({ code: 'SHAPE' }))
    expect(() => g.stack([...many, tensor([1, 2])])).toThrow(expect.objectContaining({ code: 'SHAPE' }))
  })
  it('of formulas', async () => {
    const deep = defineOp({
      name: 'acme/deep',
      expr: ([x]) => {
        let y = x
        for (let i = 0; i < 5000; i++) y = y.mul(0.5).add(1)
        return y
      },
      vjp: ({ cotangents: [c] }) => [c],
    })
    for (const { data } of await everywhere(apply(deep, [f64(4)]))) expect(data[0]).toBe(2)
    for (const { data } of await everywhere(apply(deep, [full([], 4, { dtype: 'float64' })]))) expect(data[0]).toBe(2)
  })
})
