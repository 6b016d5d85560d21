import { expect, test } from 'vitest'
import { allocate, contiguous, sizeOf, type DType, type Instruction, type LoopKernel } from '@gradloom/core'
import { planOf } from './interpret.ts'
import { backend, both, expectClose, tolerance, noise, fill } from './loop-support.ts'

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
