import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allocate,
  contiguous,
  type DType,
  type Instruction,
  type LoopKernel,
  type ReduceKind,
  sizeOf,
} from '@gradloom/core'
import { both, expectClose, tolerance, noise, specials, fill, elementwise, layout, sizes } from './loop-support.ts'

describe('scalar operations, with special values, in vectors and tails', () => {
  const floats: DType[] = ['float32', 'float64']
  const integers: DType[] = ['int32', 'uint32']
  const exact = 'neg abs sign sqrt floor ceil round'.split(' ')
  const functions =
    'exp expm1 log log1p log2 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc lgamma digamma sigmoid'.split(
      ' ',
    )
  const exactTwo = 'add sub mul div rem max min'.split(' ')
  const compare = 'eq ne lt le'.split(' ')

  const check = (op: string, from: readonly DType[], to: DType, ulps: number): void => {
    const lists = from.map((d) => specials(d))
    const first = lists[0].flatMap((a) => (lists[1] ?? [0]).map(() => a))
    const second = lists[0].flatMap(() => [...(lists[1] ?? [0])])
    for (const cut of [0, 1, 2, 3]) {
      const args = from.map((d, i) => ({ data: fill(d, (i ? second : first).slice(cut)), dtype: d }))
      const n = args[0].data.length
      const { got, want } = both(elementwise(op, from, to, n), [
        ...args,
        { data: allocate(to, n), dtype: to, written: true },
      ])
      expectClose(got[0], want[0], to, tolerance(to, ulps))
    }
  }
  for (const d of floats) {
    test.each(exact)(`%s ${d} is exact`, (op) => check(op, [d], d, 0))
    test.each(functions)(`%s ${d}`, (op) => check(op, [d], d, 4))
    test.each(exactTwo)(`%s ${d} is exact`, (op) => check(op, [d, d], d, 0))
    test.each(['pow', 'atan2', 'hypot'])(`%s ${d}`, (op) => check(op, [d, d], d, 4))
    test.each(compare)(`%s ${d}`, (op) => check(op, [d, d], 'bool', 0))
    test(`isNaN ${d}`, () => check('isNaN', [d], 'bool', 0))
  }
  for (const d of integers) {
    test.each('add sub mul div rem max min pow'.split(' '))(`%s ${d} wraps`, (op) => check(op, [d, d], d, 0))
    test.each(compare)(`%s ${d}`, (op) => check(op, [d, d], 'bool', 0))
    test.each(['neg', 'abs', 'sign'])(`%s ${d}`, (op) => check(op, [d], d, 0))
  }
  test.each([...compare, 'and', 'or'])('%s bool', (op) => check(op, ['bool', 'bool'], 'bool', 0))
  test('not bool', () => check('not', ['bool'], 'bool', 0))
  const all: DType[] = [...floats, ...integers, 'bool']
  test.each(all.flatMap((from) => all.filter((to) => to !== from).map((to) => [from, to] as const)))(
    'cast %s to %s',
    (from, to) => check('cast', [from], to, 0),
  )
  for (const d of all)
    test(`select ${d}`, () => {
      const n = 23
      const { got, want } = both(elementwise('select', ['bool', d, d], d, n), [
        { data: noise(n, 'bool'), dtype: 'bool' },
        { data: noise(n, d, 2), dtype: d },
        { data: noise(n, d, 3), dtype: d },
        { data: allocate(d, n), dtype: d, written: true },
      ])
      expect(got).toEqual(want)
    })
  test('philox gives the words of Philox 4x32-10', () => {
    const n = 37
    const words = Array.from({ length: 5 }, (_, i) => ({ data: noise(n, 'uint32', i + 1), dtype: 'uint32' as const }))
    const { got, want } = both(
      elementwise(
        'philox',
        words.map((w) => w.dtype),
        'uint32',
        n,
      ),
      [...words, { data: allocate('uint32', n), dtype: 'uint32', written: true }],
    )
    expect(got).toEqual(want)
  })
  test('shr shifts by a constant', () => {
    const code: Instruction[] = [
      { op: 'read', dtype: 'uint32', read: 0 },
      { op: 'const', dtype: 'uint32', value: 9 },
      { op: 'shr', dtype: 'uint32', args: [0, 1] },
    ]
    const access = (buffer: number) => ({ buffer, dtype: 'uint32' as const, offset: 0, strides: [1] })
    const kernel: LoopKernel = {
      outer: [11],
      inner: [],
      reads: [access(0)],
      phases: [{ over: 'outer', code, reduce: [], write: [{ access: access(1), value: 2 }] }],
    }
    const { got, want } = both(kernel, [
      { data: noise(11, 'uint32'), dtype: 'uint32' },
      { data: new Uint32Array(11), dtype: 'uint32', written: true },
    ])
    expect(got).toEqual(want)
  })
  test('a float64 comparison chooses among 32-bit and 64-bit values alike', () => {
    const n = 13
    const code: Instruction[] = [
      { op: 'read', dtype: 'float64', read: 0 },
      { op: 'read', dtype: 'float64', read: 1 },
      { op: 'lt', dtype: 'bool', args: [0, 1] },
      { op: 'cast', dtype: 'int32', args: [0] },
      { op: 'cast', dtype: 'int32', args: [1] },
      { op: 'select', dtype: 'int32', args: [2, 3, 4] },
      { op: 'lt', dtype: 'bool', args: [4, 3] },
      { op: 'or', dtype: 'bool', args: [2, 6] },
      { op: 'select', dtype: 'float64', args: [7, 0, 1] },
      { op: 'cast', dtype: 'float32', args: [8] },
    ]
    const access = (buffer: number, dtype: DType) => ({ buffer, dtype, offset: 0, strides: [1] })
    const kernel: LoopKernel = {
      outer: [n],
      inner: [],
      reads: [access(0, 'float64'), access(1, 'float64')],
      phases: [
        {
          over: 'outer',
          code,
          reduce: [],
          write: [
            { access: access(2, 'int32'), value: 5 },
            { access: access(3, 'float64'), value: 8 },
            { access: access(4, 'float32'), value: 9 },
            { access: access(5, 'bool'), value: 7 },
          ],
        },
      ],
    }
    const { got, want } = both(kernel, [
      { data: noise(n, 'float64'), dtype: 'float64' },
      { data: noise(n, 'float64', 2), dtype: 'float64' },
      ...(['int32', 'float64', 'float32', 'bool'] as const).map((dtype) => ({
        data: allocate(dtype, n),
        dtype,
        written: true,
      })),
    ])
    expect(got).toEqual(want)
  })
})

test('elementwise kernels agree with the interpreter on any shape and strides', () => {
  fc.assert(
    fc.property(
      sizes.chain((outer) =>
        fc.tuple(
          fc.constant(outer),
          layout(outer),
          layout(outer),
          fc.constantFrom<DType>('float32', 'float64', 'int32'),
          fc.constantFrom<DType>('float32', 'float64'),
          fc.boolean(),
        ),
      ),
      ([outer, a, b, first, second, useIndex]) => {
        const n = outer.reduce((x, y) => x * y, 1)
        const strides = contiguous(outer)
        const code: Instruction[] = [
          { op: 'read', dtype: first, read: 0 },
          { op: 'read', dtype: second, read: 1 },
          { op: 'cast', dtype: second, args: [0] },
          { op: 'mul', dtype: second, args: [2, 1] },
          { op: 'index', dtype: 'int32', offset: 3, strides: strides.map((s) => -s) },
          { op: 'cast', dtype: second, args: [4] },
          { op: 'add', dtype: second, args: [3, useIndex ? 5 : 1] },
        ]
        const kernel: LoopKernel = {
          outer,
          inner: [],
          reads: [
            { buffer: 0, dtype: first, offset: a.offset, strides: a.strides },
            { buffer: 1, dtype: second, offset: b.offset, strides: b.strides },
          ],
          phases: [
            {
              over: 'outer',
              code,
              reduce: [],
              write: [{ access: { buffer: 2, dtype: second, offset: 0, strides }, value: 6 }],
            },
          ],
        }
        const { got, want } = both(kernel, [
          { data: noise(a.size, first), dtype: first },
          { data: noise(b.size, second, 5), dtype: second },
          { data: allocate(second, n), dtype: second, written: true },
        ])
        expect(got).toEqual(want)
      },
    ),
    { numRuns: 150 },
  )
})

const kinds: ReduceKind[] = ['sum', 'prod', 'max', 'min', 'argMax', 'argMin']

/** Elements of a space: the interpreter takes seconds for the few that are larger. */
const MOST = 1 << 20

test('reductions agree with the interpreter over any axes and strides', () => {
  fc.assert(
    fc.property(
      fc
        .tuple(sizes, sizes)
        .filter(([outer, inner]) => sizeOf([...outer, ...inner]) <= MOST)
        .chain(([outer, inner]) =>
          fc.tuple(
            fc.constant(outer),
            fc.constant(inner),
            layout([...outer, ...inner]),
            fc.constantFrom(...kinds),
            fc.constantFrom<DType>('float32', 'float64', 'int32', 'uint32'),
          ),
        ),
      ([outer, inner, a, kind, dtype]) => {
        const n = outer.reduce((x, y) => x * y, 1)
        const count = inner.reduce((x, y) => x * y, 1)
        if (count === 0 && kind !== 'sum' && kind !== 'prod') return
        const result: DType = kind.startsWith('arg') ? 'int32' : dtype
        const kernel: LoopKernel = {
          outer,
          inner,
          reads: [{ buffer: 0, dtype, offset: a.offset, strides: a.strides }],
          phases: [
            { over: 'inner', code: [{ op: 'read', dtype, read: 0 }], reduce: [{ kind, value: 0 }], write: [] },
            {
              over: 'outer',
              code: [{ op: 'reduced', dtype: result, value: 0 }],
              reduce: [],
              write: [
                {
                  access: {
                    buffer: 1,
                    dtype: result,
                    offset: 0,
                    strides: [...contiguous(outer), ...inner.map(() => 0)],
                  },
                  value: 0,
                },
              ],
            },
          ],
        }
        const data = noise(a.size, dtype)
        if (kind.startsWith('arg') || kind === 'prod')
          for (let i = 0; i < data.length; i++)
            data[i] = dtype.startsWith('float') ? Math.round(data[i] * 2) / 2 : data[i] % 5
        const { got, want } = both(kernel, [
          { data, dtype },
          { data: allocate(result, n), dtype: result, written: true },
        ])
        expectClose(got[0], want[0], result, tolerance(result, 40), kind === 'sum' ? Math.sqrt(count) : 0)
      },
    ),
    { numRuns: 250 },
  )
})
