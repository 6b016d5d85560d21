import { beforeAll, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import {
  allocate,
  contiguous,
  sizeOf,
  type Backend,
  type DType,
  type Instruction,
  type LoopKernel,
  type ReduceKind,
  type TypedArray,
} from '@gradloom/core'
import { cpu } from '../src/index.ts'
import { interpretLoop, planOf } from './interpret.ts'

let backend: Backend
beforeAll(async () => {
  backend = cpu()
  await backend.start()
})

interface Given {
  readonly data: TypedArray
  readonly dtype: DType
  readonly written?: boolean
}

/** Runs a kernel on the backend and in the interpreter; gives both results of the written buffers. */
function both(kernel: LoopKernel, arrays: readonly Given[]): { got: TypedArray[]; want: TypedArray[] } {
  const plan = planOf(
    [{ type: 'loop', label: 'test', scope: '', ...kernel }],
    arrays.map(({ data, dtype, written }) => ({ dtype, size: data.length, written })),
  )
  const executable = backend.prepareSync!(plan, new Map())
  const got = executable.runSync!(
    arrays.map((a) => a.data),
    plan.outputs.map(() => false),
  ) as TypedArray[]
  executable.dispose()
  const memory = arrays.map((a) => a.data.slice())
  interpretLoop(kernel, memory)
  return { got, want: memory.filter((_, i) => arrays[i].written) }
}

/** Every element within `ulps` (of its own magnitude or `scale`), NaN and infinities equal. */
function expectClose(got: TypedArray, want: TypedArray, dtype: DType, tolerance: number, scale = 0): void {
  expect(got.length).toBe(want.length)
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue
    const bound = tolerance * Math.max(Math.abs(want[i]), scale, dtype === 'float32' ? 1e-38 : 1e-300)
    if (!(Math.abs(got[i] - want[i]) <= bound)) expect.fail(`element ${i}: got ${got[i]}, want ${want[i]}`)
  }
}
const EPS = { float32: 2 ** -24, float64: 2 ** -53 } as const
const tolerance = (dtype: DType, ulps: number): number => ulps * 2 * (EPS[dtype as 'float32'] ?? 0)

/** Numbers that are no nice fractions, of both signs, the same for a seed. */
function noise(length: number, dtype: DType, seed = 1): TypedArray {
  const out = allocate(dtype, length)
  let s = seed * 2654435761
  for (let i = 0; i < length; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    out[i] =
      dtype === 'bool'
        ? s >>> 31
        : dtype.startsWith('float')
          ? s / 2 ** 30 - 2
          : dtype === 'uint32'
            ? s >>> 8
            : (s >>> 8) - 2 ** 23
  }
  return out
}

const SPECIAL: Record<string, readonly number[]> = {
  float: [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3,
    1e-3,
    -1e-3,
    7.25,
    -7.25,
    20,
    -20,
    88,
    -100,
    1e10,
    -1e10,
    1e-30,
    1e30,
    Infinity,
    -Infinity,
    NaN,
  ],
  int32: [0, 1, -1, 2, -2, 7, -7, 100, 65536, -65537, 2 ** 31 - 1, -(2 ** 31)],
  uint32: [0, 1, 2, 7, 100, 65536, 2 ** 31, 2 ** 32 - 1],
  bool: [0, 1],
}
const specials = (dtype: DType): readonly number[] => SPECIAL[dtype] ?? SPECIAL.float
const fill = (dtype: DType, values: readonly number[]): TypedArray => {
  const out = allocate(dtype, values.length)
  out.set(values)
  return out
}

function elementwise(op: string, from: readonly DType[], to: DType, n: number): LoopKernel {
  const code: Instruction[] = from.map((dtype, read) => ({ op: 'read', dtype, read }))
  code.push({ op, dtype: to, args: from.map((_, i) => i) } as Instruction)
  const access = (buffer: number, dtype: DType) => ({ buffer, dtype, offset: 0, strides: [1] })
  return {
    outer: [n],
    inner: [],
    reads: from.map((d, i) => access(i, d)),
    phases: [{ over: 'outer', code, reduce: [], write: [{ access: access(from.length, to), value: from.length }] }],
  }
}

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

/** A space, and an access with strides that stay inside a buffer: broadcast, permuted, flipped or spaced out. */
const layout = (sizes: readonly number[]): fc.Arbitrary<{ offset: number; strides: number[]; size: number }> =>
  fc
    .record({
      order: fc.shuffledSubarray(
        sizes.map((_, i) => i),
        { minLength: sizes.length },
      ),
      modes: fc.array(fc.constantFrom('plain', 'plain', 'zero', 'flip', 'gap'), {
        minLength: sizes.length,
        maxLength: sizes.length,
      }),
      lead: fc.nat(2),
    })
    .map(({ order, modes, lead }) => {
      const strides = sizes.map(() => 0)
      let step = 1
      let offset = lead
      for (const d of order) {
        if (modes[d] === 'zero') continue
        const gap = modes[d] === 'gap' ? 2 : 1
        strides[d] = step * gap * (modes[d] === 'flip' ? -1 : 1)
        if (modes[d] === 'flip') offset += step * Math.max(0, sizes[d] - 1)
        step *= Math.max(1, sizes[d] * gap)
      }
      return { offset, strides, size: lead + step + 1 }
    })
const sizes = fc.array(fc.constantFrom<number[]>(0, 1, 2, 3, 4, 5, 7, 8, 13, 17, 33), { minLength: 0, maxLength: 3 })

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

test('reductions agree with the interpreter over any axes and strides', () => {
  fc.assert(
    fc.property(
      fc
        .tuple(sizes, sizes)
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

/** softmax(x) with its sum of exponentials stored in the result first: three passes over the row. */
function softmaxKernel(rows: number[], row: number[], dtype: DType, read: number[], write: number[]): LoopKernel {
  const out = { buffer: 1, dtype, offset: 0, strides: write }
  return {
    outer: rows,
    inner: row,
    reads: [{ buffer: 0, dtype, offset: 0, strides: read }, out],
    phases: [
      { over: 'inner', code: [{ op: 'read', dtype, read: 0 }], reduce: [{ kind: 'max', value: 0 }], write: [] },
      {
        over: 'inner',
        code: [
          { op: 'read', dtype, read: 0 },
          { op: 'reduced', dtype, value: 0 },
          { op: 'sub', dtype, args: [0, 1] },
          { op: 'exp', dtype, args: [2] },
        ],
        reduce: [{ kind: 'sum', value: 3 }],
        write: [{ access: out, value: 3 }],
      },
      {
        over: 'inner',
        code: [
          { op: 'read', dtype, read: 1 },
          { op: 'reduced', dtype, value: 1 },
          { op: 'div', dtype, args: [0, 1] },
        ],
        reduce: [],
        write: [{ access: out, value: 2 }],
      },
    ],
  }
}

test('row kernels with several passes: softmax over trailing, leading and middle axes', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    for (const [a, b, c] of [
      [7, 5, 33],
      [3, 130, 17],
      [1, 1, 1],
      [2, 3, 4],
      [5, 1, 64],
    ]) {
      const n = a * b * c
      const full = contiguous([a, b, c])
      const data = noise(n, dtype)
      const arrays = [
        { data, dtype },
        { data: allocate(dtype, n), dtype, written: true },
      ]
      const pick = (dims: number[]): number[] => dims.map((d) => full[d])
      for (const [rows, row] of [
        [[0, 1], [2]],
        [[1, 2], [0]],
        [[0, 2], [1]],
        [[2], [0, 1]],
        [[], [0, 1, 2]],
      ]) {
        const strides = pick([...rows, ...row])
        const size = (d: number): number => [a, b, c][d]
        const { got, want } = both(softmaxKernel(rows.map(size), row.map(size), dtype, strides, strides), arrays)
        expectClose(got[0], want[0], dtype, tolerance(dtype, 200))
      }
    }
  }
})

test('transposes walk in tiles and still move every element', () => {
  for (const [rows, columns, extra] of [
    [96, 128, 1],
    [33, 256, 3],
    [128, 95, 2],
  ])
    for (const dtype of ['float32', 'float64'] as const) {
      const outer = [extra, rows, columns]
      const n = sizeOf(outer)
      const kernel: LoopKernel = {
        outer,
        inner: [],
        reads: [
          { buffer: 0, dtype, offset: 0, strides: [rows * columns, 1, rows] },
          { buffer: 0, dtype, offset: 0, strides: contiguous(outer) },
        ],
        phases: [
          {
            over: 'outer',
            code: [
              { op: 'read', dtype, read: 0 },
              { op: 'read', dtype, read: 1 },
              { op: 'sub', dtype, args: [0, 1] },
            ],
            reduce: [],
            write: [{ access: { buffer: 1, dtype, offset: 0, strides: contiguous(outer) }, value: 2 }],
          },
        ],
      }
      const { got, want } = both(kernel, [
        { data: noise(n, dtype), dtype },
        { data: allocate(dtype, n), dtype, written: true },
      ])
      expect(got).toEqual(want)
    }
})

test('max and min with a number let NaN through', () => {
  for (const dtype of ['float32', 'float64'] as const)
    for (const op of ['max', 'min'] as const)
      for (const args of [
        [0, 1],
        [1, 0],
      ]) {
        const data = fill(dtype, [NaN, -3, 3, 1, NaN, Infinity, -Infinity])
        const access = (buffer: number) => ({ buffer, dtype, offset: 0, strides: [1] })
        const kernel: LoopKernel = {
          outer: [7],
          inner: [],
          reads: [access(0)],
          phases: [
            {
              over: 'outer',
              code: [
                { op: 'read', dtype, read: 0 },
                { op: 'const', dtype, value: 1 },
                { op, dtype, args },
              ],
              reduce: [],
              write: [{ access: access(1), value: 2 }],
            },
          ],
        }
        const { got, want } = both(kernel, [
          { data, dtype },
          { data: allocate(dtype, 7), dtype, written: true },
        ])
        expect(got).toEqual(want)
      }
})

test('a kernel of many functions calls them, with the same bits', () => {
  const dtype = 'float32'
  const n = 41
  const access = (buffer: number) => ({ buffer, dtype, offset: 0, strides: [1] }) as const
  const kernel = (times: number): LoopKernel => {
    const code: Instruction[] = [
      { op: 'read', dtype, read: 0 },
      { op: 'tanh', dtype, args: [0] },
    ]
    for (let i = 1; i < times; i++)
      code.push(
        { op: 'const', dtype, value: i },
        { op: 'add', dtype, args: [0, code.length] },
        { op: 'tanh', dtype, args: [code.length + 1] },
      )
    return {
      outer: [n],
      inner: [],
      reads: [access(0)],
      phases: [{ over: 'outer', code, reduce: [], write: [{ access: access(1), value: 1 }] }],
    }
  }
  const run = (times: number) =>
    both(kernel(times), [
      { data: noise(n, dtype), dtype },
      { data: allocate(dtype, n), dtype, written: true },
    ]).got
  expect(run(12)).toEqual(run(1))
})

test('any and all over rows of masks that comparisons give, in both widths', () => {
  for (const dtype of ['float32', 'float64'] as const)
    for (const [rows, row] of [
      [5, 37],
      [37, 5],
    ])
      for (const strides of [
        [row, 1],
        [1, rows],
      ]) {
        const kernel: LoopKernel = {
          outer: [rows],
          inner: [row],
          reads: [{ buffer: 0, dtype, offset: 0, strides }],
          phases: [
            {
              over: 'inner',
              code: [
                { op: 'read', dtype, read: 0 },
                { op: 'const', dtype, value: 1.9 },
                { op: 'lt', dtype: 'bool', args: [1, 0] },
                { op: 'not', dtype: 'bool', args: [2] },
              ],
              reduce: [
                { kind: 'any', value: 2 },
                { kind: 'all', value: 3 },
              ],
              write: [],
            },
            {
              over: 'outer',
              code: [
                { op: 'reduced', dtype: 'bool', value: 0 },
                { op: 'reduced', dtype: 'bool', value: 1 },
              ],
              reduce: [],
              write: [0, 1].map((value) => ({
                access: { buffer: 1 + value, dtype: 'bool' as const, offset: 0, strides: [1, 0] },
                value,
              })),
            },
          ],
        }
        const { got, want } = both(kernel, [
          { data: noise(rows * row, dtype, 9), dtype },
          ...[1, 2].map(() => ({ data: new Uint8Array(rows), dtype: 'bool' as const, written: true })),
        ])
        expect(got).toEqual(want)
        expect(new Set(got[0]).size).toBe(2)
      }
})

test('sum: a float32 sum of ten million ones is exact, and of tenths accurate', () => {
  const n = 10_000_000
  for (const [value, want] of [
    [1, n],
    [0.1, Math.fround(0.1) * n],
  ]) {
    const kernel: LoopKernel = {
      outer: [],
      inner: [n],
      reads: [{ buffer: 0, dtype: 'float32', offset: 0, strides: [1] }],
      phases: [
        {
          over: 'inner',
          code: [{ op: 'read', dtype: 'float32', read: 0 }],
          reduce: [{ kind: 'sum', value: 0 }],
          write: [],
        },
        {
          over: 'outer',
          code: [{ op: 'reduced', dtype: 'float32', value: 0 }],
          reduce: [],
          write: [{ access: { buffer: 1, dtype: 'float32', offset: 0, strides: [0] }, value: 0 }],
        },
      ],
    }
    const plan = planOf(
      [{ type: 'loop', label: 'sum', scope: '', ...kernel }],
      [
        { dtype: 'float32', size: n },
        { dtype: 'float32', size: 1, written: true },
      ],
    )
    const e = backend.prepareSync!(plan, new Map())
    const [got] = e.runSync!([new Float32Array(n).fill(value), new Float32Array(1)], [false]) as Float32Array[]
    e.dispose()
    expect(Math.abs(got[0] - want) / want).toBeLessThan(2e-6)
  }
})

test('max and argMax: the first NaN wins, -infinity alone is found at 0, ties go to the first', () => {
  const dtype = 'float32'
  for (const row of [
    [1, 5, 5, 2, 5],
    [1, NaN, 7, NaN, 9, 3],
    [-Infinity, -Infinity, -Infinity],
    Array.from({ length: 41 }, (_, i) => (i === 29 || i === 37 ? 8 : -i)),
  ]) {
    const kernel: LoopKernel = {
      outer: [],
      inner: [row.length],
      reads: [{ buffer: 0, dtype, offset: 0, strides: [1] }],
      phases: [
        {
          over: 'inner',
          code: [{ op: 'read', dtype, read: 0 }],
          reduce: [
            { kind: 'max', value: 0 },
            { kind: 'argMax', value: 0 },
          ],
          write: [],
        },
        {
          over: 'outer',
          code: [
            { op: 'reduced', dtype, value: 0 },
            { op: 'reduced', dtype: 'int32', value: 1 },
          ],
          reduce: [],
          write: [
            { access: { buffer: 1, dtype, offset: 0, strides: [0] }, value: 0 },
            { access: { buffer: 2, dtype: 'int32', offset: 0, strides: [0] }, value: 1 },
          ],
        },
      ],
    }
    const { got, want } = both(kernel, [
      { data: Float32Array.from(row), dtype },
      { data: new Float32Array(1), dtype, written: true },
      { data: new Int32Array(1), dtype: 'int32', written: true },
    ])
    expect(got).toEqual(want)
  }
})

test('an update in place reads every element before it is written', () => {
  for (const n of [1, 3, 4, 64, 67, 100_003]) {
    const dtype = 'float32'
    const x = { buffer: 0, dtype, offset: 0, strides: [1] } as const
    const kernel: LoopKernel = {
      outer: [n],
      inner: [],
      reads: [x],
      phases: [
        {
          over: 'outer',
          code: [
            { op: 'read', dtype, read: 0 },
            { op: 'const', dtype, value: 3 },
            { op: 'mul', dtype, args: [0, 1] },
            { op: 'add', dtype, args: [2, 0] },
          ],
          reduce: [],
          write: [{ access: x, value: 3 }],
        },
      ],
    }
    const { got, want } = both(kernel, [{ data: noise(n, dtype), dtype, written: true }])
    expectClose(got[0], want[0], dtype, tolerance(dtype, 1))
  }
})
