import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createModule,
  f32,
  f32x4,
  f64,
  f64x2,
  hasRelaxedSimd,
  i32,
  i32x4,
  i64x2,
  select,
  shuffle,
  v128,
} from '../src/wasm/index.ts'
import type { FunctionBuilder, Module, Value, ValueType } from '../src/wasm/index.ts'

type Export = (...args: (number | bigint)[]) => number | bigint

function run(build: (m: Module) => void, imports: WebAssembly.ModuleImports = {}): Record<string, Export> {
  const m = createModule()
  build(m)
  return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: imports }).exports as Record<
    string,
    Export
  >
}

/** Runs op over two scalars of a type. */
function scalar<T extends ValueType>(type: T, result: ValueType, op: (a: Value<T>, b: Value<T>) => Value): Export {
  return run((m) =>
    m.func({ name: 'f', params: [type, type], result, export: true }, (f) =>
      f.return(op(f.params[0] as Value<T>, f.params[1] as Value<T>)),
    ),
  ).f!
}

describe('scalar ops', () => {
  const words = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  const integers: Record<string, [(a: Value<'i32'>, b: Value<'i32'>) => Value, (a: number, b: number) => number]> = {
    add: [i32.add, (a, b) => (a + b) | 0],
    sub: [i32.sub, (a, b) => (a - b) | 0],
    mul: [i32.mul, Math.imul],
    and: [i32.and, (a, b) => a & b],
    or: [i32.or, (a, b) => a | b],
    xor: [i32.xor, (a, b) => a ^ b],
    shl: [i32.shl, (a, b) => a << b],
    shrS: [i32.shrS, (a, b) => a >> b],
    shrU: [i32.shrU, (a, b) => (a >>> b) | 0],
    eq: [i32.eq, (a, b) => Number(a === b)],
    ltS: [i32.ltS, (a, b) => Number(a < b)],
    ltU: [i32.ltU, (a, b) => Number(a >>> 0 < b >>> 0)],
    geS: [i32.geS, (a, b) => Number(a >= b)],
    leU: [i32.leU, (a, b) => Number(a >>> 0 <= b >>> 0)],
  }
  test.each(Object.entries(integers))('i32.%s agrees with JavaScript', (_, [op, expected]) => {
    const f = scalar('i32', 'i32', op)
    fc.assert(fc.property(words, words, (a, b) => void expect(f(a, b)).toBe(expected(a, b))))
  })

  const reals: Record<string, [(a: Value<'f64'>, b: Value<'f64'>) => Value, (a: number, b: number) => number]> = {
    add: [f64.add, (a, b) => a + b],
    sub: [f64.sub, (a, b) => a - b],
    mul: [f64.mul, (a, b) => a * b],
    div: [f64.div, (a, b) => a / b],
    min: [f64.min, Math.min],
    max: [f64.max, Math.max],
    abs: [f64.abs, Math.abs],
    neg: [f64.neg, (a) => -a],
    sqrt: [f64.sqrt, Math.sqrt],
    ceil: [f64.ceil, Math.ceil],
    floor: [f64.floor, Math.floor],
    trunc: [f64.trunc, Math.trunc],
  }
  test.each(Object.entries(reals))('f64.%s agrees with JavaScript', (_, [op, expected]) => {
    const f = scalar('f64', 'f64', op)
    fc.assert(fc.property(fc.double(), fc.double({ noNaN: true }), (a, b) => void expect(f(a, b)).toBe(expected(a, b))))
  })
  test.each([
    ['f32.div rounds to single', scalar('f32', 'f32', f32.div), [1, 3], Math.fround(1 / 3)],
    ['f32.nearest is half to even', scalar('f32', 'f32', f32.nearest), [2.5, 0], 2],
    ['f64.lt', scalar('f64', 'i32', f64.lt), [1, 2], 1],
    ['f32.ge', scalar('f32', 'i32', f32.ge), [1, 2], 0],
    ['i32.truncSatF64U past the range', scalar('f64', 'i32', i32.truncSatF64U), [1e12, 0], -1],
    ['f64.convertI32U', scalar('i32', 'f64', f64.convertI32U), [-1, 0], 2 ** 32 - 1],
    ['f64.convertI32S', scalar('i32', 'f64', f64.convertI32S), [-7, 0], -7],
    ['f32.demoteF64', scalar('f64', 'f32', f32.demoteF64), [0.1, 0], Math.fround(0.1)],
    ['f64.promoteF32', scalar('f32', 'f64', f64.promoteF32), [0.5, 0], 0.5],
    ['i32.remU', scalar('i32', 'i32', i32.remU), [-1, 10], 5],
    ['select', scalar('i32', 'i32', (a, b) => select(i32.ltS(a, b), a, b)), [4, 3], 3],
  ])('%s', (_, f, args, expected) => expect(f(...args)).toBe(expected))
  test('literals of every size survive encoding', () => {
    fc.assert(fc.property(words, (x) => void expect(scalar('i32', 'i32', () => i32.const(x))(0, 0)).toBe(x)))
    fc.assert(fc.property(fc.double(), (x) => void expect(scalar('f64', 'f64', () => f64.const(x))(0, 0)).toBe(x)))
  })
})

/** Result of a vector expression over a = lanes at 0 and b = lanes at 16, as bytes. */
function vector(
  a: ArrayBufferView,
  b: ArrayBufferView,
  op: (a: Value<'v128'>, b: Value<'v128'>) => Value<'v128'>,
): ArrayBuffer {
  const memory = new WebAssembly.Memory({ initial: 1 })
  new Uint8Array(memory.buffer).set(new Uint8Array(a.buffer))
  new Uint8Array(memory.buffer, 16).set(new Uint8Array(b.buffer))
  const { f } = run(
    (m) => {
      m.importMemory()
      m.func({ name: 'f', params: [], export: true }, (b) =>
        b.store('v128', 32, op(b.let(v128.load(0)), b.let(v128.load(0, 16)))),
      )
    },
    { memory },
  )
  f!()
  return memory.buffer.slice(32, 48)
}

describe('vector ops', () => {
  const A = new Float32Array([1.5, -2.25, NaN, -0])
  const B = new Float32Array([3, -2.5, 1, 0])
  const I = new Int32Array([5, -7, 2 ** 31 - 1, 0])
  const J = new Int32Array([3, 2, 1, -4])
  const D = new Float64Array([1.5, -2.75])
  const E = new Float64Array([4, NaN])
  const L = new BigInt64Array([5n, -(2n ** 40n)])
  const M = new BigInt64Array([-3n, 2n ** 21n])
  const mask = (...x: boolean[]): Int32Array => new Int32Array(x.map((y) => -y))
  const cases: [
    string,
    ArrayBufferView,
    ArrayBufferView,
    (a: Value<'v128'>, b: Value<'v128'>) => Value<'v128'>,
    ArrayBufferView,
  ][] = [
    ['f32x4.add', A, B, f32x4.add, A.map((x, k) => x + B[k]!)],
    ['f32x4.sub', A, B, f32x4.sub, A.map((x, k) => x - B[k]!)],
    ['f32x4.mul', A, B, f32x4.mul, A.map((x, k) => x * B[k]!)],
    ['f32x4.div', A, B, f32x4.div, A.map((x, k) => x / B[k]!)],
    ['f32x4.min', A, B, f32x4.min, A.map((x, k) => Math.min(x, B[k]!))],
    ['f32x4.max', A, B, f32x4.max, A.map((x, k) => Math.max(x, B[k]!))],
    ['f32x4.pmin', A, B, f32x4.pmin, A.map((x, k) => (B[k]! < x ? B[k]! : x))],
    ['f32x4.pmax', A, B, f32x4.pmax, A.map((x, k) => (x < B[k]! ? B[k]! : x))],
    ['f32x4.abs', A, B, f32x4.abs, A.map(Math.abs)],
    ['f32x4.neg', B, B, f32x4.neg, B.map((x) => -x)],
    ['f32x4.sqrt', B, B, f32x4.sqrt, B.map(Math.sqrt)],
    ['f32x4.ceil', A, B, f32x4.ceil, A.map(Math.ceil)],
    ['f32x4.floor', A, B, f32x4.floor, A.map(Math.floor)],
    ['f32x4.trunc', A, B, f32x4.trunc, A.map(Math.trunc)],
    ['f32x4.nearest', B, B, f32x4.nearest, new Float32Array([3, -2, 1, 0])],
    ['f32x4.eq', A, B, f32x4.eq, mask(false, false, false, true)],
    ['f32x4.ne', A, B, f32x4.ne, mask(true, true, true, false)],
    ['f32x4.lt', A, B, f32x4.lt, mask(true, false, false, false)],
    ['f32x4.gt', A, B, f32x4.gt, mask(false, true, false, false)],
    ['f32x4.le', A, B, f32x4.le, mask(true, false, false, true)],
    ['f32x4.ge', A, B, f32x4.ge, mask(false, true, false, true)],
    [
      'f32x4 with literals',
      B,
      B,
      (a) => f32x4.add(f32x4.mul(a, 2), f32x4.const(1, 2, 3, 4)),
      B.map((x, k) => 2 * x + k + 1),
    ],
    [
      'f32x4.replaceLane',
      A,
      B,
      (a, b) => f32x4.replaceLane(b, 1, f32x4.extractLane(a, 0)),
      new Float32Array([3, 1.5, 1, 0]),
    ],
    ['f32x4.splat', A, B, (a) => f32x4.splat(f32x4.extractLane(a, 1)), new Float32Array(4).fill(-2.25)],
    ['f32x4.convertI32x4S', I, B, f32x4.convertI32x4S, Float32Array.from(I)],
    ['f32x4.convertI32x4U', J, B, f32x4.convertI32x4U, Float32Array.from(new Uint32Array(J.buffer))],
    ['f32x4.demoteF64x2Zero', D, B, f32x4.demoteF64x2Zero, new Float32Array([1.5, -2.75, 0, 0])],
    ['f64x2.promoteLowF32x4', A, B, f64x2.promoteLowF32x4, new Float64Array([1.5, -2.25])],
    ['f64x2.add', D, E, f64x2.add, D.map((x, k) => x + E[k]!)],
    ['f64x2.sub', D, E, f64x2.sub, D.map((x, k) => x - E[k]!)],
    ['f64x2.mul', D, E, f64x2.mul, D.map((x, k) => x * E[k]!)],
    ['f64x2.div', D, E, f64x2.div, D.map((x, k) => x / E[k]!)],
    ['f64x2.min', D, E, f64x2.min, new Float64Array([1.5, NaN])],
    ['f64x2.pmax', D, E, f64x2.pmax, new Float64Array([4, -2.75])],
    ['f64x2.abs', D, E, f64x2.abs, D.map(Math.abs)],
    ['f64x2.sqrt', E, E, f64x2.sqrt, E.map(Math.sqrt)],
    ['f64x2.floor', D, E, f64x2.floor, D.map(Math.floor)],
    ['f64x2.ceil', D, E, f64x2.ceil, D.map(Math.ceil)],
    ['f64x2.trunc', D, E, f64x2.trunc, D.map(Math.trunc)],
    ['f64x2.nearest', D, E, f64x2.nearest, new Float64Array([2, -3])],
    ['f64x2.lt', D, E, f64x2.lt, new BigInt64Array([-1n, 0n])],
    ['f64x2.convertLowI32x4S', I, E, f64x2.convertLowI32x4S, new Float64Array([5, -7])],
    ['f64x2.replaceLane', D, E, (a, b) => f64x2.replaceLane(a, 1, f64x2.extractLane(b, 0)), new Float64Array([1.5, 4])],
    ['i32x4.add', I, J, i32x4.add, I.map((x, k) => x + J[k]!)],
    ['i32x4.sub', I, J, i32x4.sub, I.map((x, k) => x - J[k]!)],
    ['i32x4.mul', I, J, i32x4.mul, I.map((x, k) => Math.imul(x, J[k]!))],
    ['i32x4.abs', I, J, i32x4.abs, I.map(Math.abs)],
    ['i32x4.neg', I, J, i32x4.neg, I.map((x) => -x)],
    ['i32x4.minS', I, J, i32x4.minS, I.map((x, k) => Math.min(x, J[k]!))],
    ['i32x4.maxU', I, J, i32x4.maxU, new Int32Array([5, -7, 2 ** 31 - 1, -4])],
    ['i32x4.shl', I, J, (a) => i32x4.shl(a, 3), I.map((x) => x << 3)],
    ['i32x4.shrS', I, J, (a) => i32x4.shrS(a, 1), I.map((x) => x >> 1)],
    ['i32x4.shrU', I, J, (a) => i32x4.shrU(a, 1), I.map((x) => x >>> 1)],
    ['i32x4.gtS', I, J, i32x4.gtS, mask(true, false, true, true)],
    ['i32x4.ltU', I, J, i32x4.ltU, mask(false, false, false, true)],
    ['i32x4.truncSatF32x4S', A, B, i32x4.truncSatF32x4S, new Int32Array([1, -2, 0, 0])],
    ['i32x4.truncSatF64x2SZero', D, E, i32x4.truncSatF64x2SZero, new Int32Array([1, -2, 0, 0])],
    ['i32x4.splat', I, J, () => i32x4.splat(7), new Int32Array(4).fill(7)],
    ['i32x4.extractLane', I, J, (a) => i32x4.splat(i32x4.extractLane(a, 1)), new Int32Array(4).fill(-7)],
    ['i64x2.add', L, M, i64x2.add, L.map((x, k) => x + M[k]!)],
    ['i64x2.sub', L, M, i64x2.sub, L.map((x, k) => x - M[k]!)],
    ['i64x2.mul', L, M, i64x2.mul, L.map((x, k) => BigInt.asIntN(64, x * M[k]!))],
    ['i64x2.shl', L, M, (a) => i64x2.shl(a, 2), L.map((x) => x << 2n)],
    ['i64x2.shrS', L, M, (a) => i64x2.shrS(a, 2), L.map((x) => x >> 2n)],
    ['i64x2.shrU', M, M, (a) => i64x2.shrU(a, 60), new BigInt64Array([15n, 0n])],
    ['i64x2.gtS', L, M, i64x2.gtS, new BigInt64Array([-1n, 0n])],
    ['i64x2.extmulLowU', J, I, i64x2.extmulLowU, new BigInt64Array([15n, 2n * (2n ** 32n - 7n)])],
    ['i64x2.extmulHighS', J, I, i64x2.extmulHighS, new BigInt64Array([2n ** 31n - 1n, 0n])],
    ['i64x2.extendLowS', I, J, i64x2.extendLowS, new BigInt64Array([5n, -7n])],
    ['i64x2.splat', L, M, () => i64x2.splat(-5n), new BigInt64Array([-5n, -5n])],
    ['v128.and with a 32-bit pattern', I, J, (a) => v128.and(a, 3), I.map((x) => x & 3)],
    [
      'v128.and with a 64-bit pattern',
      L,
      M,
      (a) => v128.and(a, 0x0fff_ffff_ffff_ffffn),
      L.map((x) => x & 0x0fff_ffff_ffff_ffffn),
    ],
    ['v128.andnot', I, J, v128.andnot, I.map((x, k) => x & ~J[k]!)],
    ['v128.or', I, J, v128.or, I.map((x, k) => x | J[k]!)],
    ['v128.xor', I, J, v128.xor, I.map((x, k) => x ^ J[k]!)],
    ['v128.not', I, J, v128.not, I.map((x) => ~x)],
    [
      'v128.bitselect',
      I,
      J,
      (a, b) => v128.bitselect(a, b, i32x4.const(-1, 0, -1, 0)),
      new Int32Array([5, 2, 2 ** 31 - 1, -4]),
    ],
    ['shuffle of four lanes', I, J, (a, b) => shuffle(a, b, 3, 4, 0, 5), new Int32Array([0, 3, 5, 2])],
    ['shuffle of two lanes', L, M, (a, b) => shuffle(a, b, 1, 2), new BigInt64Array([L[1]!, M[0]!])],
    ['v128.load32Splat', I, J, () => v128.load32Splat(0, 4), new Int32Array(4).fill(-7)],
    ['v128.load64Splat', L, M, () => v128.load64Splat(8), new BigInt64Array(2).fill(L[1]!)],
    ['v128.load32Zero', I, J, () => v128.load32Zero(0), new Int32Array([5, 0, 0, 0])],
    ['v128.load64Zero', L, M, () => v128.load64Zero(0), new BigInt64Array([5n, 0n])],
    ['v128.load32Lane', I, J, (a) => v128.load32Lane(16, a, 3), new Int32Array([5, -7, 2 ** 31 - 1, 3])],
  ]
  test.each(cases)('%s', (_, a, b, op, expected) => {
    const bytes = vector(a, b, op)
    expect(new (expected.constructor as Float32ArrayConstructor)(bytes)).toEqual(expected)
  })
  test('anyTrue tests the whole vector', () => {
    const f = run((m) =>
      m.func({ name: 'f', params: ['i32'], result: 'i32', export: true }, (f) =>
        f.return(v128.anyTrue(i32x4.replaceLane(0, 3, f.params[0]))),
      ),
    ).f!
    expect([f(-1), f(1), f(0)]).toEqual([1, 1, 0])
  })
  test.runIf(hasRelaxedSimd())('relaxed multiply-add is c + a b, the negated one c - a b', () => {
    const x = new Float32Array([1, 2, 3, 4])
    expect(new Float32Array(vector(x, x, (a, b) => f32x4.relaxedMadd(a, b, 10)))).toEqual(
      new Float32Array([11, 14, 19, 26]),
    )
    expect(new Float32Array(vector(x, x, (a, b) => f32x4.relaxedNmadd(a, b, 10)))).toEqual(
      new Float32Array([9, 6, 1, -6]),
    )
    const d = new Float64Array([2, 3])
    expect(new Float64Array(vector(d, d, (a, b) => f64x2.relaxedMadd(a, b, 10)))).toEqual(new Float64Array([14, 19]))
    expect(new Float64Array(vector(d, d, (a, b) => f64x2.relaxedNmadd(a, b, 10)))).toEqual(new Float64Array([6, 1]))
  })
})

describe('functions', () => {
  const sumTo = (f: FunctionBuilder<readonly ['i32']>): void => {
    const i = f.local('i32')
    const total = f.local('i32')
    f.for(i, 0, f.params[0], 1, () => f.set(total, i32.add(total, i)))
    f.return(total)
  }
  test('for: runs for every index below the limit, not at all for an empty range', () => {
    const { f } = run((m) => m.func({ name: 'f', params: ['i32'], result: 'i32', export: true }, sumTo))
    expect([f!(5), f!(1), f!(0), f!(-3)]).toEqual([10, 0, 0, 0])
  })
  test('branches reach the label they name from any depth', () => {
    const { f } = run((m) =>
      m.func({ name: 'f', params: ['i32'], result: 'i32', export: true }, (f) => {
        const [n] = f.params
        const steps = f.local('i32')
        f.block((out) =>
          f.loop((again) => {
            f.if(i32.leS(n, 1), () => f.br(out))
            f.set(steps, i32.add(steps, 1))
            f.if(
              i32.and(n, 1),
              () => f.set(n, i32.add(i32.mul(n, 3), 1)),
              () => f.set(n, i32.shrU(n, 1)),
            )
            f.br(again)
          }),
        )
        f.return(steps)
      }),
    )
    expect(f!(27)).toBe(111) // length of the 3n+1 sequence from 27
  })
  test('while: tests before the first round', () => {
    const { f } = run((m) =>
      m.func({ name: 'f', params: ['i32'], result: 'i32', export: true }, (f) => {
        const i = f.local('i32')
        f.while(i32.ltS(i, f.params[0]), () => f.set(i, i32.add(i, 4)))
        f.return(i)
      }),
    )
    expect([f!(9), f!(-1)]).toEqual([12, 0])
  })
  test('let: a load is pinned before a later store', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const { f } = run(
      (m) => {
        m.importMemory({ initial: 1 })
        m.func({ name: 'f', params: [], result: 'i32', export: true }, (f) => {
          const before = f.let(i32.load(64))
          f.store('i32', 64, 9)
          f.return(i32.add(i32.mul(before, 10), i32.load(64)))
        })
      },
      { memory },
    )
    new Int32Array(memory.buffer)[16] = 4
    expect(f!()).toBe(49)
  })
  test('hoist: equal constants share one local, set before the body', () => {
    const size = (body: (f: FunctionBuilder, c: Value<'v128'>) => void): number => {
      const m = createModule()
      m.func({ name: 'f', params: [] }, (f) => {
        body(f, f.hoist(f32x4.splat(1.5)))
        f.do(f.hoist(f32x4.splat(1.5)))
      })
      return m.toBytes().length
    }
    expect(size((f, c) => f.do(c))).toBe(size((f) => f.do(f.hoist(f32x4.splat(1.5)))))
  })
  test('calls reach imports and functions, whatever came between', () => {
    const { f } = run(
      (m) => {
        const half = m.func({ name: 'half', params: ['f64'], result: 'f64' }, (f) =>
          f.return(f64.mul(f.params[0], 0.5)),
        )
        const double = m.importFunction('env', 'double', { params: ['f64'], result: 'f64' })
        m.func({ name: 'f', params: ['f64'], result: 'f64', export: true }, (f) =>
          f.return(f64.add(half.call(f.params[0]), double.call(f.params[0]))),
        )
      },
      { double: (x: number) => 2 * x },
    )
    expect(f!(5)).toBe(12.5)
  })
  test('shared: a function asked for twice under one name is emitted once', () => {
    const m = createModule()
    const make = () => m.shared({ name: 'one', params: [], result: 'i32' }, (f) => f.return(i32.const(1)))
    expect(make()).toBe(make())
  })
  test('once: gives the first value for a key', () => {
    const m = createModule()
    expect(m.once('a', () => 1) + m.once('a', () => 2)).toBe(2)
  })
  test('a module of many functions keeps every index right', () => {
    const exports = run((m) => {
      for (let k = 0; k < 300; k++)
        m.func({ name: `f${k}`, params: [], result: 'i32', export: true }, (f) => f.return(i32.const(k)))
    })
    expect(Array.from({ length: 300 }, (_, k) => exports[`f${k}`]!())).toEqual(Array.from({ length: 300 }, (_, k) => k))
  })
  test('memory: typed stores, lanes, copy and fill', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const { f } = run(
      (m) => {
        m.importMemory()
        m.func({ name: 'f', params: [], export: true }, (f) => {
          f.store('f64', 0, 1.5)
          f.store('f32', 8, 2.5)
          f.store('i64', 16, -1n)
          f.storeLane(32, 28, i32x4.const(1, 2, 3, 4), 2)
          f.storeLane(64, 32, f64x2.const(1, 7), 1)
          f.fill(40, 3, 4)
          f.copy(44, 40, 4)
        })
      },
      { memory },
    )
    f!()
    const view = new DataView(memory.buffer)
    expect([view.getFloat64(0, true), view.getFloat32(8, true), view.getBigInt64(16, true)]).toEqual([1.5, 2.5, -1n])
    expect([view.getInt32(28, true), view.getFloat64(32, true)]).toEqual([3, 7])
    expect([view.getInt32(40, true), view.getInt32(44, true)]).toEqual([0x03030303, 0x03030303])
  })
})
