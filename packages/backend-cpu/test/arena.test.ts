import { expect, test } from 'vitest'
import fc from 'fast-check'
import {
  BackendError,
  DisposedError,
  OutOfMemoryError,
  type Backend,
  type DeviceBuffer,
  type Executable,
  type Plan,
  type Step,
} from '@gradloom/core'
import { createArena } from '../src/memory/arena.ts'
import { createDeviceMemory } from '../src/memory/device-memory.ts'
import { cpu, type CpuKernel } from '../src/index.ts'

const dtype = 'float32'
const access = (buffer: number, strides: readonly number[] = [1]) => ({ buffer, dtype, offset: 0, strides }) as const
/** out = a + b. */
const add = (n: number, [a, b, out]: readonly number[]): Step => ({
  type: 'loop',
  label: 'add',
  scope: '',
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
      write: [{ access: access(out), value: 2 }],
    },
  ],
})
/** y = x + x, by way of the arena; `written`: x is the variable w, and becomes w + w. */
function doublePlan(n: number): Plan {
  const bytes = Math.ceil((4 * n) / 64) * 64
  return {
    buffers: [
      { kind: 'input', input: 0, dtype, size: n },
      { kind: 'arena', byteOffset: 0, dtype, size: n },
      { kind: 'arena', byteOffset: bytes, dtype, size: n },
    ],
    steps: [add(n, [0, 0, 1]), add(n, [1, 0, 2])],
    inputs: [{ kind: 'feed', name: 'x', shape: [n], dtype, buffer: 0, written: false }],
    outputs: [{ shape: [n], dtype, buffer: 2 }],
    arenaBytes: 2 * bytes,
  }
}
const ramp = (n: number, scale = 1): Float32Array => Float32Array.from({ length: n }, (_, i) => scale * ((i % 97) + 1))
const tripled = (n: number): Float32Array => ramp(n, 3)
const started = async (options: Parameters<typeof cpu>[0] = {}): Promise<Backend> => {
  const backend = cpu(options)
  await backend.start()
  return backend
}

test('an arena is as large as the largest claim, moves only when it must, and comes back when a claim does not fit', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(120_000)), { maxLength: 40 }), (script) => {
      const device = createDeviceMemory(4)
      const arena = createArena(device)
      const holders = Array.from({ length: 6 }, () => ({}))
      const claims = new Map<object, number>()
      const others: number[] = []
      const most = (): number => Math.max(0, ...claims.values())
      for (const [k, bytes] of script) {
        if (bytes % 5 === 0) others.push(device.allocate(64))
        else if (bytes % 5 === 1) {
          arena.release(holders[k])
          claims.delete(holders[k])
        } else
          try {
            arena.claim(holders[k], bytes, () => '')
            claims.set(holders[k], bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(OutOfMemoryError)
          }
        // A claim that became smaller keeps the block until one is released.
        expect(arena.byteLength).toBeGreaterThanOrEqual(most())
      }
      for (const holder of holders) arena.release(holder)
      expect(arena.byteLength).toBe(0)
      for (const address of others) device.free(address)
      expect(device.used).toBe(0)
    }),
  )
})

test.each(['inline', 'worker'] as const)(
  '%s: plans share an arena as large as the largest needs',
  async (placement) => {
    const backend = await started({ placement, threads: 1 })
    const sizes = [1000, 50_000, 20_000, 100, 200_000]
    const alone = await started({ threads: 1 })
    const one = await alone.prepare(doublePlan(200_000), new Map())
    await one.run([ramp(200_000)], [false])
    const largest = alone.memory().arena
    expect(largest).toBeLessThanOrEqual(3 * 4 * 200_000 + 256)
    await alone.close()

    const pins: DeviceBuffer[] = []
    const plans: Executable[] = []
    for (const n of sizes) {
      plans.push(await backend.prepare(doublePlan(n), new Map()))
      // So that the arena cannot grow where it is.
      pins.push(await backend.upload(ramp(n), dtype))
      for (const [i, e] of plans.entries()) expect(await e.run([ramp(sizes[i])], [false])).toEqual([tripled(sizes[i])])
    }
    expect(backend.memory().arena).toBe(largest)
    for (const e of plans) expect(e.byteLength).toBeGreaterThan(0)
    expect(plans.reduce((sum, e) => sum + e.byteLength, 0)).toBeLessThan(20_000)

    plans[4].dispose()
    plans[4].dispose()
    for (const [i, e] of plans.slice(0, 4).entries())
      expect(await e.run([ramp(sizes[i])], [false])).toEqual([tripled(sizes[i])])
    expect(backend.memory().arena).toBeLessThan(largest / 3)
    await expect(plans[4].run([ramp(200_000)], [false])).rejects.toThrow(DisposedError)
    for (const e of plans) e.dispose()
    for (const [i, pin] of pins.entries()) expect(await backend.download(pin)).toEqual(ramp(sizes[i]))
    expect(backend.memory().arena).toBe(0)
    await backend.close()
  },
)

test('what one plan leaves in the arena does not reach another, whatever is bound to it', async () => {
  const backend = await started({ threads: 1 })
  const sizes = [64, 3000, 17]
  const plans = await Promise.all(sizes.map((n) => backend.prepare(doublePlan(n), new Map())))
  const device = await Promise.all(sizes.map((n) => backend.upload(ramp(n), dtype)))
  for (let k = 0; k < 60; k++) {
    const i = (k * 7) % 3
    const [got] = await plans[i].run([k % 4 ? ramp(sizes[i]) : device[i]], [k % 5 === 0])
    const data = ArrayBuffer.isView(got) ? got : await backend.download(got)
    expect(data).toEqual(tripled(sizes[i]))
    if (!ArrayBuffer.isView(got)) got.dispose()
  }
  await backend.close()
})

test.each(['inline', 'worker'] as const)(
  '%s: what does not fit is refused, changes nothing, and fits once others are disposed',
  async (placement) => {
    const n = 60_000
    const backend = await started({ placement, threads: 1, memoryLimit: 1 << 20 })
    const small = await backend.prepare(doublePlan(n), new Map())
    expect(await small.run([ramp(n)], [false])).toEqual([tripled(n)])
    const before = backend.memory()

    const refused = { code: 'OUT_OF_MEMORY' }
    const huge = doublePlan(3 * n)
    await expect(backend.prepare(huge, new Map())).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(
        /1440000 bytes required.*peak is 1440000 bytes.*720000 bytes of float32 \(add\)/,
      ) as string,
    })
    await expect(backend.upload(ramp(n * 3), dtype)).rejects.toMatchObject(refused)
    const [kept] = (await small.run([ramp(n)], [true])) as DeviceBuffer[]
    // It leaves no room for a second one, nor for a larger plan.
    await expect(small.run([ramp(n)], [true])).rejects.toMatchObject(refused)
    const large = doublePlan(2 * n)
    await expect(backend.prepare(large, new Map())).rejects.toMatchObject(refused)
    expect(await small.run([ramp(n)], [false])).toEqual([tripled(n)])
    expect(await backend.download(kept)).toEqual(tripled(n))
    expect(backend.memory().arena).toBe(before.arena)

    kept.dispose()
    const e = await backend.prepare(large, new Map())
    // With what is fed to it, it does not fit.
    await expect(e.run([ramp(2 * n)], [false])).rejects.toMatchObject(refused)
    expect(await small.run([ramp(n)], [false])).toEqual([tripled(n)])
    e.dispose()
    small.dispose()
    const x = await backend.upload(ramp(3 * n), dtype)
    expect(await backend.download(x)).toEqual(ramp(3 * n))
    await backend.close()
  },
)

test('a run that has no room for its results leaves the variables that it updates alone', async () => {
  const n = 40_000
  const backend = await started({ threads: 1, memoryLimit: 1 << 19 })
  const plan: Plan = {
    buffers: [
      { kind: 'input', input: 0, dtype, size: n },
      { kind: 'arena', byteOffset: 0, dtype, size: n },
    ],
    steps: [add(n, [0, 0, 1]), add(n, [1, 0, 0])],
    inputs: [{ kind: 'variable', name: 'w', shape: [n], dtype, buffer: 0, written: true }],
    outputs: [
      { shape: [n], dtype, buffer: 1 },
      { shape: [n], dtype, buffer: 1 },
    ],
    arenaBytes: 4 * n,
  }
  const e = await backend.prepare(plan, new Map())
  const w = await backend.upload(ramp(n), dtype)
  const before = backend.memory()
  await expect(e.run([w], [true, true])).rejects.toThrow(OutOfMemoryError)
  expect(await backend.download(w)).toEqual(ramp(n))
  expect(backend.memory().buffers).toBe(before.buffers)
  expect(await e.run([w], [false, false])).toEqual([ramp(n, 2), ramp(n, 2)])
  expect(await backend.download(w)).toEqual(tripled(n))
  await backend.close()
})

test('a run within a kernel of another is refused, and spoils neither', async () => {
  const backend = await started({ threads: 1 })
  const n = 5
  const inner = await backend.prepare(doublePlan(n), new Map())
  let error: unknown
  const kernel: CpuKernel = ({ inputs: [x], outputs: [y] }) => {
    try {
      inner.runSync!([ramp(n)], [false])
    } catch (e) {
      error = e
    }
    inner.dispose()
    for (let i = 0; i < n; i++) y.data[i] = x.data[i] + 1
  }
  const arg = (buffer: number) => ({ buffer, shape: [n], dtype }) as const
  const call: Step = {
    type: 'kernel',
    label: 'acme/next',
    scope: '',
    name: 'acme/next',
    attrs: {},
    inputs: [arg(1)],
    outputs: [arg(2)],
  }
  const plan = doublePlan(n)
  const outer = await backend.prepare({ ...plan, steps: [plan.steps[0], call] }, new Map([['acme/next', kernel]]))
  expect(await outer.run([ramp(n)], [false])).toEqual([ramp(n, 2).map((v) => v + 1)])
  expect(error).toBeInstanceOf(BackendError)
  outer.dispose()
  expect(backend.memory().arena).toBe(0)
  await backend.close()
})

test.each([
  ['inline', 1],
  ['inline', 2],
  ['worker', 1],
  ['worker', 2],
] as const)(
  '%s, %i threads: host arrays are read before a call returns, and results are copies',
  async (placement, threads) => {
    const n = 1000
    const backend = await started({ placement, threads })
    const e = await backend.prepare(doublePlan(n), new Map())
    const batch = ramp(n)
    const runs: Promise<unknown>[] = []
    const uploads: Promise<DeviceBuffer>[] = []
    for (let k = 1; k <= 5; k++) {
      batch.set(ramp(n, k))
      runs.push(e.run([batch], [false]))
      uploads.push(backend.upload(batch, dtype))
      batch.fill(NaN)
    }
    for (const [k, run] of runs.entries()) expect(await run).toEqual([ramp(n, 3 * (k + 1))])
    for (const [k, upload] of uploads.entries()) {
      const buffer = await upload
      const mine = await backend.download(buffer)
      expect(mine).toEqual(ramp(n, k + 1))
      mine.fill(0)
      expect(await backend.download(buffer)).toEqual(ramp(n, k + 1))
    }
    const [mine] = (await e.run([ramp(n)], [false])) as Float32Array[]
    mine.fill(7)
    expect(await e.run([ramp(n)], [false])).toEqual([tripled(n)])
    expect(mine[0]).toBe(7)
    await backend.close()
  },
)
