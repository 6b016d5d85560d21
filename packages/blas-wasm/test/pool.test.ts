import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import {
  NoTrans,
  RowMajor,
  Trans,
  createBlas,
  createJob,
  createModule,
  createPool,
  cutGemm,
  i32,
  type Blas,
  type Pool,
  type Value,
} from '../src/index.ts'
import { lift, node } from '../src/wasm/value.ts'

let pool: Pool | undefined
afterEach(async () => {
  await pool?.close()
  pool = undefined
})

const memory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })

/** An atomic addition (i32.atomic.rmw.add), which the kernels do without: gives the old value. */
const addAtomically = (address: Value<'i32'> | number, by: number): Value<'i32'> =>
  node('i32', 0xfe001e, [lift.i32(address), lift.i32(by)], [2, 0])

/** Where a word holds helpers up, and where each thread counts its chunks. */
const HOLD = 32_764
const COUNTS = 32_768

/** `mark(descriptor, chunk, thread)` adds 1 to the chunk's word and waits a little, a helper some ten milliseconds more
 * while the word at `HOLD` is not 0; `trap` fails on chunk 3. */
async function marking(): Promise<WebAssembly.Module> {
  const m = createModule()
  m.importMemory({ maximum: 1, shared: true })
  m.func({ name: 'mark', params: ['i32', 'i32', 'i32'], export: true }, (f) => {
    const [descriptor, chunk, thread] = f.params
    const i = f.local('i32')
    f.for(i, 0, 20_000, 1, () => f.do(addAtomically(descriptor, 0)))
    f.if(i32.and(i32.ne(thread, 0), i32.ne(addAtomically(HOLD, 0), 0)), () =>
      f.for(i, 0, 3_000_000, 1, () => f.do(addAtomically(descriptor, 0))),
    )
    f.do(addAtomically(i32.add(descriptor, i32.shl(chunk, 2)), 1))
    f.do(addAtomically(i32.add(COUNTS, i32.shl(thread, 2)), 1))
  })
  m.func({ name: 'trap', params: ['i32', 'i32', 'i32'], export: true }, (f) =>
    f.if(i32.eq(f.params[1], 3), () => f.unreachable()),
  )
  return WebAssembly.compile(m.toBytes())
}

describe('pool', () => {
  test.each([1, 2, 4])('%i threads: every chunk of every job runs exactly once', async (threads) => {
    pool = await createPool({ threads, memory: memory() })
    const { tasks } = await pool.load(await marking(), ['mark'])
    const words = new Int32Array(pool.memory.buffer)
    for (let job = 1; job <= 30; job++) {
      const chunks = 1 + ((job * 7) % 23)
      words.fill(0, 0, 64)
      pool.run(tasks.mark, 0, chunks)
      expect([...words.subarray(0, 64)]).toEqual(Array.from({ length: 64 }, (_, k) => Number(k < chunks)))
    }
  })
  test('who watches is told when each helper that took part worked, and nobody else', async () => {
    pool = await createPool({ threads: 3, memory: memory() })
    const { tasks } = await pool.load(await marking(), ['mark'])
    const counts = new Int32Array(pool.memory.buffer, COUNTS, 3)
    const told: (readonly [thread: number, startMs: number, endMs: number])[] = []
    const watch: NonNullable<Pool['watch']> = (...span) => told.push(span)
    for (let job = 0; job < 2000; job++) {
      counts.fill(0)
      told.length = 0
      pool.watch = watch
      const begun = performance.now()
      pool.run(tasks.mark, 0, 24)
      const ended = performance.now()
      pool.watch = null
      const worked = [1, 2].filter((thread) => counts[thread] > 0)
      expect(told.map(([thread]) => thread)).toEqual(worked)
      for (const [, startMs, endMs] of told) {
        expect(endMs).toBeGreaterThanOrEqual(startMs)
        // Clocks of threads differ by what the system's was set by since they began.
        expect(startMs).toBeGreaterThan(begun - 5)
        expect(endMs).toBeLessThan(ended + 5)
      }
      pool.run(tasks.mark, 0, 24)
      expect(told).toHaveLength(worked.length)
      if (worked.length) return
    }
    expect.fail('no helper took part')
  })
  test('helpers take part', async () => {
    pool = await createPool({ threads: 2, memory: memory() })
    const { tasks } = await pool.load(await marking(), ['mark'])
    const words = new Int32Array(pool.memory.buffer)
    for (let tries = 0; tries < 2000 && words[COUNTS / 4 + 1] === 0; tries++) pool.run(tasks.mark, 0, 8)
    expect(words[COUNTS / 4 + 1]).toBeGreaterThan(0)
  })
  test('jobs go on without a helper that is held up, each chunk done once, and with it when it works again', async () => {
    pool = await createPool({ threads: 2, memory: memory() })
    const { tasks } = await pool.load(await marking(), ['mark'])
    const words = new Int32Array(pool.memory.buffer)
    const job = createJob()
    const byHelper = (): number => words[COUNTS / 4 + 1]!
    let jobs = 0
    /** Runs jobs for so long, or until it is enough; the chunks that the helper did. */
    const run = (ms: number, isEnough: (chunks: number) => boolean = () => false): number => {
      const before = byHelper()
      for (const end = performance.now() + ms; performance.now() < end && !isEnough(byHelper() - before); jobs++)
        pool!.run(tasks.mark, 0, 4, job)
      return byHelper() - before
    }
    const MANY = 50
    expect(run(20_000, (chunks) => chunks >= MANY)).toBeGreaterThanOrEqual(MANY)
    words[HOLD / 4] = 1
    const jobsBefore = jobs
    const late = run(1000)
    expect(late).toBeLessThan((jobs - jobsBefore) / 4)
    words[HOLD / 4] = 0
    expect(run(20_000, (chunks) => chunks >= MANY)).toBeGreaterThanOrEqual(MANY)
    expect([...words.subarray(0, 5)]).toEqual([jobs, jobs, jobs, jobs, 0])
  }, 60_000)
  test('the caller does short jobs alone', async () => {
    pool = await createPool({ threads: 2, memory: memory() })
    const { tasks } = await pool.load(await marking(), ['mark'])
    const words = new Int32Array(pool.memory.buffer)
    for (let k = 0; k < 200; k++) pool.run(tasks.mark, 0, 8, { leastMs: 0.001 })
    expect([...words.subarray(COUNTS / 4, COUNTS / 4 + 2)]).toEqual([1600, 0])
    expect([...words.subarray(0, 8)]).toEqual(Array.from({ length: 8 }, () => 200))
  })
  test('modules can be loaded later, also two at once, and keep their tasks apart', async () => {
    pool = await createPool({ threads: 3, memory: memory() })
    const first = await pool.load(await marking(), ['mark'])
    const [second, third] = await Promise.all([
      pool.load(await marking(), ['trap']),
      pool.load(await marking(), ['mark', 'trap']),
    ])
    const numbers = [first.tasks.mark, second.tasks.trap, third.tasks.mark, third.tasks.trap]
    expect(new Set(numbers).size).toBe(4)
    for (let k = 0; k < 20; k++) pool.run(third.tasks.mark, 128, 5)
    expect([...new Int32Array(pool.memory.buffer, 128, 6)]).toEqual([20, 20, 20, 20, 20, 0])
  })
  test('a chunk that fails on any thread fails the job, and the next one works', async () => {
    pool = await createPool({ threads: 2, memory: memory() })
    const { tasks } = await pool.load(await marking(), ['mark', 'trap'])
    for (let k = 0; k < 20; k++) {
      expect(() => pool!.run(tasks.trap, 0, 8)).toThrow(/unreachable|1 of 8 chunks failed/)
      pool.run(tasks.mark, 0, 4)
    }
    expect(new Int32Array(pool.memory.buffer)[3]).toBe(20)
  })
  test('a module that does not fit is an error for the caller', async () => {
    pool = await createPool({ threads: 2, memory: memory() })
    const m = createModule()
    m.importFunction('env', 'missing', { params: [] })
    await expect(pool.load(await WebAssembly.compile(m.toBytes()), [])).rejects.toThrow(/missing/)
  })
  test('a job of no chunks does nothing, one of too many is refused', async () => {
    pool = await createPool({ threads: 2, memory: memory() })
    const { tasks } = await pool.load(await marking(), ['mark'])
    pool.run(tasks.mark, 0, 0)
    expect(() => pool!.run(tasks.mark, 0, 4096)).toThrow(RangeError)
  })
})

describe('products on threads', () => {
  const product = (blas: Blas, m: number, n: number, k: number): Float32Array => {
    const [a, b, c] = [m * k, k * n, m * n].map((length) =>
      Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7)),
    ) as [Float32Array, Float32Array, Float32Array]
    blas.sgemm(RowMajor, NoTrans, Trans, m, n, k, 0.5, a, k, b, k, 2, c, n)
    return c
  }
  const bits = (x: Float32Array): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength)
  test('the bits are those of one thread for 2 and 4 threads', async () => {
    const shapes = [
      [64, 64, 64],
      [130, 70, 300],
      [1, 2000, 400],
      [33, 1025, 65],
      [700, 9, 100],
    ] as const
    const one = await createBlas({ memoryBytes: 2 ** 24 })
    const expected = shapes.map(([m, n, k]) => product(one, m, n, k))
    for (const threads of [2, 4]) {
      const blas = await createBlas({ memoryBytes: 2 ** 24, threads })
      expect(blas.threads).toBe(threads)
      shapes.forEach(([m, n, k], index) =>
        expect(Buffer.compare(bits(product(blas, m, n, k)), bits(expected[index]!))).toBe(0),
      )
      await blas.close()
    }
  })
  test('cutGemm: pieces cover the product, and small products stay whole', () => {
    for (const [m, n, k] of [
      [512, 512, 512],
      [2000, 8, 300],
      [7, 3000, 500],
      [65, 65, 65],
    ] as const)
      for (const threads of [2, 3, 8]) {
        const { rows, columns, chunks } = cutGemm('f32', m, n, k, threads)
        expect(chunks).toBe(Math.ceil(m / rows) * Math.ceil(n / columns))
        expect(chunks).toBeLessThanOrEqual(2 * threads)
      }
    expect(cutGemm('f32', 512, 512, 512, 2).chunks).toBeGreaterThan(1)
    expect(cutGemm('f32', 16, 16, 16, 8)).toMatchObject({ rows: 16, columns: 16, chunks: 1 })
  })
  // Node strips types from 22.18 on, which running the source takes.
  test.runIf((process.features as { typescript?: unknown }).typescript)(
    'a program that forgets to close ends all the same',
    () => {
      const source = `import { createBlas } from '@gradloom/blas-wasm'; const b = await createBlas({ threads: 2, memoryBytes: 2 ** 20 }); console.log(b.threads)`
      const output = execFileSync(
        process.execPath,
        ['--conditions=@gradloom/source', '--input-type=module', '-e', source],
        {
          cwd: new URL('..', import.meta.url),
          encoding: 'utf8',
          timeout: 20_000,
        },
      )
      expect(output.trim()).toBe('2')
    },
  )
})
