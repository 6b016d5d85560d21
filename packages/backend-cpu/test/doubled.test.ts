import { expect, test } from 'vitest'
import type { Plan, Step, TypedArray } from '@gradloom/core'
import { createInline } from '../src/inline.ts'
import { doubled } from '../src/worker/doubled.ts'

const dtype = 'float32'
const n = 5
const access = (buffer: number) => ({ buffer, dtype, offset: 0, strides: [1] }) as const
/** v += 1 in a first phase; out = 10 v in a second, of the new v, by the read that the first phase uses for the old
 * one. */
const update: Step = {
  type: 'loop',
  label: 'update',
  scope: '',
  outer: [n],
  inner: [],
  reads: [access(0)],
  phases: [
    {
      over: 'outer',
      code: [
        { op: 'read', dtype, read: 0 },
        { op: 'const', dtype, value: 1 },
        { op: 'add', dtype, args: [0, 1] },
      ],
      reduce: [],
      write: [{ access: access(0), value: 2 }],
    },
    {
      over: 'outer',
      code: [
        { op: 'read', dtype, read: 0 },
        { op: 'const', dtype, value: 10 },
        { op: 'mul', dtype, args: [0, 1] },
      ],
      reduce: [],
      write: [{ access: access(1), value: 2 }],
    },
  ],
}
/** total = sum of v and out, after the update. */
const after: Step = {
  type: 'loop',
  label: 'after',
  scope: '',
  outer: [],
  inner: [n],
  reads: [access(0), access(1)],
  phases: [
    {
      over: 'inner',
      code: [
        { op: 'read', dtype, read: 0 },
        { op: 'read', dtype, read: 1 },
        { op: 'add', dtype, args: [0, 1] },
      ],
      reduce: [{ kind: 'sum', value: 2 }],
      write: [],
    },
    {
      over: 'outer',
      code: [{ op: 'reduced', dtype, value: 0 }],
      reduce: [],
      write: [{ access: { buffer: 2, dtype, offset: 0, strides: [0] }, value: 0 }],
    },
  ],
}
const input = { kind: 'variable', name: 'v', shape: [n], dtype, buffer: 0, written: true } as const
const plan: Plan = {
  buffers: [
    { kind: 'input', input: 0, dtype, size: n },
    { kind: 'arena', byteOffset: 0, dtype, size: n },
    { kind: 'arena', byteOffset: 64, dtype, size: 1 },
  ],
  inputs: [input],
  steps: [update, after],
  arenaBytes: 128,
  outputs: [
    { shape: [n], dtype, buffer: 1 },
    { shape: [], dtype, buffer: 2 },
    { shape: [n], dtype, buffer: 0 },
  ],
}

test('a doubled plan leaves the old value alone, and reads the new one once it is written', async () => {
  const backend = createInline({ threads: 1 })
  const { plan: twice, sources } = doubled(plan)
  const data = Float32Array.of(1, 2, 3, 4, 5)
  await backend.start()
  const want = backend.prepareSync!(plan, new Map()).runSync!([data], [false, false, false])
  const old = await backend.upload(data, dtype)
  const next = await backend.upload(new Float32Array(n), dtype)
  const executable = backend.prepareSync!(twice, new Map())
  expect(executable.runSync!([old, next], [false, false, false])).toEqual(want)
  expect(want.map((v) => [...(v as TypedArray)])).toEqual([[20, 30, 40, 50, 60], [220], [2, 3, 4, 5, 6]])
  expect([sources, await backend.download(old), await backend.download(next)]).toEqual([
    [0],
    data,
    data.map((v) => v + 1),
  ])
  // The two change roles.
  expect([...(executable.runSync!([next, old], [false, false, false])[2] as TypedArray)]).toEqual([3, 4, 5, 6, 7])
})

test('inputs that nothing writes are not doubled', () => {
  const { plan: same, sources } = doubled({
    ...plan,
    inputs: [
      { ...input, written: false },
      { ...input, buffer: 3 },
    ],
    buffers: [...plan.buffers, { kind: 'input', input: 1, dtype, size: n }],
    steps: [after],
  })
  expect(sources).toEqual([])
  expect(same.steps).toEqual([after])
})
