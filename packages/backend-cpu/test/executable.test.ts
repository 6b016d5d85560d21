import { beforeEach, expect, test } from 'vitest'
import fc from 'fast-check'
import {
  allocate,
  BackendError,
  contiguous,
  DisposedError,
  IndexError,
  KernelError,
  OutOfMemoryError,
  SettingError,
  sizeOf,
  type Backend,
  type Contraction,
  type DType,
  type Plan,
  type Step,
  type TypedArray,
} from '@gradloom/core'
import { cpu, type CpuKernel } from '../src/index.ts'
import { indicesOf, planOf } from './interpret.ts'

let backend: Backend
beforeEach(async () => {
  backend = cpu()
  await backend.start()
})

const noise = (n: number, dtype: DType, scale = 1): TypedArray =>
  allocate(dtype, n).map((_, i) => ((i * 7919) % 101) * scale - (dtype === 'uint32' ? 0 : 50 * scale))
const info = (label: string) => ({ label, scope: '' })
const add = (dtype: DType, n: number, [a, b, c]: readonly number[]): Step => {
  const access = (buffer: number) => ({ buffer, dtype, offset: 0, strides: [1] })
  return {
    type: 'loop',
    ...info('add'),
    outer: [n],
    inner: [],
    reads: [access(a), access(b)],
    phases: [
      {
        over: 'outer',
        code: [
          { op: 'read', dtype, read: 0 },
          { op: 'read', dtype, read: 1 },
          { op: 'add', dtype, args: [0, 1] },
        ],
        reduce: [],
        write: [{ access: access(c), value: 2 }],
      },
    ],
  }
}

test('contractions take any strides, broadcast batches and empty sizes, in every dtype', () => {
  const size = fc.constantFrom(0, 1, 2, 3, 5, 8, 17)
  fc.assert(
    fc.property(
      size,
      size,
      size,
      fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 }),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(0, 1, 2),
      fc.constantFrom<DType>('float32', 'float64', 'int32', 'uint32'),
      (m, n, k, batch, ta, tb, broadcast, dtype) => {
        const product = sizeOf(batch)
        const zero = batch.map(() => 0)
        const outer = contiguous(batch)
        const c: Contraction = {
          dtype,
          batch,
          m,
          n,
          k,
          out: 2,
          a: {
            buffer: 0,
            offset: 3,
            batch: broadcast === 1 ? zero : outer.map((s) => s * m * k),
            row: ta ? 1 : k,
            column: ta ? m : 1,
          },
          b: {
            buffer: 1,
            offset: 0,
            batch: broadcast === 2 ? zero : outer.map((s) => s * k * n),
            row: tb ? 1 : n,
            column: tb ? k : 1,
          },
        }
        const a = noise(3 + product * m * k, dtype)
        const b = noise(product * k * n, dtype)
        const out = allocate(dtype, product * m * n).fill(7)
        const plan = planOf(
          [{ type: 'contraction', ...info('matmul'), ...c }],
          [a, b, out].map(({ length }, i) => ({ dtype, size: length, written: i === 2 })),
        )
        const e = backend.prepareSync!(plan, new Map())
        const [got] = e.runSync!([a, b, out], [false]) as TypedArray[]
        e.dispose()
        const want = allocate(dtype, out.length)
        let o = 0
        for (const index of indicesOf([...batch, m, n])) {
          const [i, j] = index.slice(-2)
          const at = (s: readonly number[]): number => s.reduce((x, y, d) => x + y * index[d], 0)
          let sum = 0
          for (let p = 0; p < k; p++)
            sum += a[3 + at(c.a.batch) + i * c.a.row + p * c.a.column] * b[at(c.b.batch) + p * c.b.row + j * c.b.column]
          want[o++] = sum
        }
        expect(got).toEqual(want)
      },
    ),
    { numRuns: 150 },
  )
})

test('memory stays flat over runs, with host feeds, device inputs and kept outputs', async () => {
  const n = 1000
  const dtype = 'float32'
  const plan: Plan = {
    ...planOf(
      [add(dtype, n, [0, 1, 2]), add(dtype, n, [2, 0, 3])],
      [
        { dtype, size: n },
        { dtype, size: n },
      ],
    ),
    buffers: [
      { kind: 'input', input: 0, dtype, size: n },
      { kind: 'input', input: 1, dtype, size: n },
      { kind: 'arena', byteOffset: 0, dtype, size: n },
      { kind: 'arena', byteOffset: 4032, dtype, size: n },
    ],
    outputs: [{ shape: [n], dtype, buffer: 3 }],
    arenaBytes: 8064,
  }
  const e = await backend.prepare(plan, new Map())
  const device = await backend.upload(noise(n, dtype), dtype)
  const feed = new Float32Array(n).fill(2)
  const once = (): void => {
    const [kept] = e.runSync!([feed, device], [true])
    ;(kept as { dispose(): void }).dispose()
    e.runSync!([feed, device], [false])
  }
  once()
  const before = backend.memory()
  for (let i = 0; i < 5000; i++) once()
  expect(backend.memory()).toEqual(before)
  const [kept] = await e.run([feed, device], [true])
  const data = noise(n, dtype)
  expect(await backend.download(kept as never)).toEqual(data.map((v) => v + 4))
  e.dispose()
  device.dispose()
  ;(kept as { dispose(): void }).dispose()
  expect(backend.memory()).toMatchObject({ arena: 0, buffers: 0 })
})

test('an input may be bound to another place at each run', async () => {
  const dtype = 'float64'
  const n = 5
  const plan = planOf(
    [add(dtype, n, [0, 1, 2])],
    [
      { dtype, size: n },
      { dtype, size: n },
      { dtype, size: n, written: true },
    ],
  )
  const e = await backend.prepare(plan, new Map())
  const out = await backend.upload(new Float64Array(n), dtype)
  for (const scale of [1, 2, 3]) {
    const x = await backend.upload(noise(n, dtype, scale), dtype)
    await e.run([x, noise(n, dtype), out], [false])
    expect(await backend.download(out)).toEqual(noise(n, dtype, scale + 1))
    if (scale === 2) x.dispose()
  }
})

test('bool is a word on the device and a byte on the host', async () => {
  const bools = await backend.upload(Uint8Array.of(0, 1, 2, 255), 'bool')
  expect(await backend.download(bools)).toEqual(Uint8Array.of(0, 1, 1, 1))
})

test("a plugin's kernel runs by its name; its failure names the op and leaves inputs and executable usable", async () => {
  let fail = false
  const kernel: CpuKernel<{ by: number }> = ({ inputs: [x], outputs: [y], attrs }) => {
    if (fail) throw new Error('no luck')
    for (let i = 0; i < x.data.length; i++) y.data[i] = x.data[i] * attrs.by
  }
  const dtype = 'float32'
  const arg = (buffer: number) => ({ buffer, shape: [3], dtype }) as const
  const step: Step = {
    type: 'kernel',
    label: 'acme/scale',
    scope: 'encoder',
    name: 'acme/scale',
    attrs: { by: 3 },
    inputs: [arg(0)],
    outputs: [arg(1)],
  }
  const plan = planOf(
    [step, add(dtype, 3, [1, 0, 2])],
    [
      { dtype, size: 3 },
      { dtype, size: 3 },
      { dtype, size: 3, written: true },
    ],
  )
  const e = await backend.prepare(plan, new Map([['acme/scale', kernel]]))
  const x = Float32Array.of(1, 2, 3)
  const variable = await backend.upload(x, dtype)
  const run = () => e.run([x, x, variable], [false])
  fail = true
  await expect(run()).rejects.toThrow(KernelError)
  await expect(run()).rejects.toThrow(/acme\/scale in encoder: .*no luck/)
  expect(await backend.download(variable)).toEqual(x)
  fail = false
  expect(await run()).toEqual([Float32Array.of(4, 8, 12)])
  await expect(backend.prepare(plan, new Map())).rejects.toThrow(KernelError)
})

test('an index error passes with its class', async () => {
  const step: Step = {
    type: 'kernel',
    ...info('checkIndices'),
    name: 'checkIndices',
    attrs: { size: 2 },
    inputs: [{ buffer: 0, shape: [1], dtype: 'int32' }],
    outputs: [{ buffer: 1, shape: [1], dtype: 'int32' }],
  }
  const e = await backend.prepare(
    planOf(
      [step],
      [
        { dtype: 'int32', size: 1 },
        { dtype: 'int32', size: 1 },
      ],
    ),
    new Map(),
  )
  await expect(e.run([Int32Array.of(5), Int32Array.of(0)], [])).rejects.toThrow(IndexError)
})

test('an arena that does not fit is an OutOfMemoryError with the largest buffers, and frees what it took', async () => {
  const small = cpu({ memoryLimit: 1 << 20 })
  const dtype = 'float32'
  const n = 1 << 18
  await small.start()
  const sizes = [n, n / 2, n / 4, 8, 16, 4]
  let at = 0
  const plan: Plan = {
    ...planOf([add(dtype, 4, [0, 1, 2])], []),
    buffers: sizes.map((size) => {
      const byteOffset = at
      at += Math.max(64, size * 4)
      return { kind: 'arena', byteOffset, dtype, size }
    }),
    arenaBytes: at,
  }
  await expect(small.prepare(plan, new Map())).rejects.toThrow(OutOfMemoryError)
  await expect(small.prepare(plan, new Map())).rejects.toThrow(
    /1048576 bytes of float32.*524288 bytes.*262144 bytes of float32 \(add\).*64 bytes.*32 bytes/,
  )
  expect(small.memory()).toMatchObject({ arena: 0, buffers: 0 })
  expect(
    (
      await small.prepare(
        { ...plan, buffers: plan.buffers.map((b) => ({ ...b, byteOffset: 0 })), arenaBytes: 64 },
        new Map(),
      )
    ).runSync!([], []),
  ).toEqual([])
})

test('what is closed or disposed says so', async () => {
  const dtype = 'float32'
  const plan = planOf(
    [add(dtype, 2, [0, 1, 2])],
    [
      { dtype, size: 2 },
      { dtype, size: 2 },
      { dtype, size: 2, written: true },
    ],
  )
  const x = await backend.upload(new Float32Array(2), dtype)
  const e = await backend.prepare(plan, new Map())
  const e2 = await backend.prepare(plan, new Map())
  x.dispose()
  x.dispose()
  await expect(backend.download(x)).rejects.toThrow(DisposedError)
  await expect(e.run([x, x, x], [false])).rejects.toThrow(DisposedError)
  e.dispose()
  await expect(e.run([new Float32Array(2), new Float32Array(2), new Float32Array(2)], [false])).rejects.toThrow(
    DisposedError,
  )
  await backend.close()
  await expect(e2.run([new Float32Array(2), new Float32Array(2), new Float32Array(2)], [false])).rejects.toThrow(
    BackendError,
  )
  await expect(backend.upload(new Float32Array(2), dtype)).rejects.toThrow(BackendError)
  await expect(backend.prepare(plan, new Map())).rejects.toThrow(BackendError)
  await backend.close()
})

test('settings that are not there and dtypes that are not there are typed errors', async () => {
  for (const threads of [0, -1, 1.5, NaN, Infinity, 129, 1000, '2', 'all', null, [2], true, {}, Symbol('2'), () => 2])
    expect(() => cpu({ threads: threads as never })).toThrow(
      /a whole number in \[1, 128\] or 'auto' required as threads/,
    )
  for (const memoryLimit of ['1000000', null, {}, [1e6], true, 2n ** 20n])
    expect(() => cpu({ memoryLimit: memoryLimit as never })).toThrow(SettingError)
  for (const placement of ['', null, 0, 'Inline', ['inline'], { toString: () => 'inline' }])
    expect(() => cpu({ placement: placement as never })).toThrow(SettingError)
  for (const worker of [null, 'worker.js', {}, new URL('file:///worker.js')])
    expect(() => cpu({ worker: worker as never })).toThrow(SettingError)
  for (const options of [{ thread: 2 }, { numThreads: 2 }, { threads: 2, workers: 1 }, { toString: 1 }, { '': 1 }])
    expect(() => cpu(options as never)).toThrow(/no setting \w*; there are threads, placement, memoryLimit, worker/)
  for (const options of [null, 2, 'worker', true, () => 2, Symbol('worker')])
    expect(() => cpu(options as never)).toThrow(SettingError)
  expect(() => cpu({ threads: undefined, placement: undefined } as never)).not.toThrow()
  for (const memoryLimit of [0, -1, NaN, 65_535]) expect(() => cpu({ memoryLimit })).toThrow(SettingError)
  expect(() =>
    cpu({
      placement: 'inline',
      worker: () => {
        throw new Error('not asked for')
      },
    }),
  ).toThrow(SettingError)
  expect(() => cpu({ placement: 'page' as never })).toThrow(SettingError)
  await expect(backend.prepare(planOf([], [{ dtype: 'int64' as never, size: 2 }]), new Map())).rejects.toThrow(
    KernelError,
  )
  expect(() => cpu().prepareSync!(planOf([], []), new Map())).toThrow(/start/)
})
