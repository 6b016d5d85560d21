// What one core does in 128-bit WebAssembly: multiply-adds without memory, and loads and stores without arithmetic.
import {
  createModule,
  hasRelaxedSimd,
  i32,
  lanesOf,
  v128,
  type FunctionBuilder,
  type Local,
  type Real,
} from '@gradloom/blas-wasm'

/** Twelve chains hide a latency of up to six cycles at two operations a cycle, and leave registers for the operands. */
const CHAINS = 12
const ROUNDS = 20_000
const PAGE = 65_536
const UNROLL = 4
/** Runs are timed together for so long: a clock tick is about a microsecond. */
const BATCH_MS = 0.5
/** Long runs are measured so many times. */
const LEAST_BATCHES = 60

/** The least time of a run, in milliseconds. The engine's baseline code runs first, and other work on the machine
 * disturbs: runs of a few milliseconds find a moment without. */
export function least(run: () => void, { warmMs = 300, measureMs = 700 } = {}): number {
  const warm = performance.now()
  let runs = 0
  for (; performance.now() - warm < warmMs; runs++) run()
  const each = Math.max(1, Math.round((runs * BATCH_MS) / (performance.now() - warm)))
  let best = Infinity
  const runMs = (performance.now() - warm) / runs
  for (const start = performance.now(); performance.now() - start < Math.max(measureMs, LEAST_BATCHES * runMs);) {
    const from = performance.now()
    for (let k = 0; k < each; k++) run()
    best = Math.min(best, (performance.now() - from) / each)
  }
  return best
}

/** GFLOPS of independent multiply-adds in registers; fused where the engine has relaxed SIMD, as in the kernels. */
export function peakGflops(type: Real): number {
  const lanes = lanesOf(type, hasRelaxedSimd())
  const m = createModule()
  m.func({ name: 'run', params: [], result: type, export: true }, (f) => {
    const sums = Array.from({ length: CHAINS }, (_, k) => f.let(lanes.vector.splat(k)))
    const a = f.let(lanes.vector.splat(0.5))
    const i = f.local('i32')
    f.for(i, 0, ROUNDS, 1, () => sums.forEach((s) => f.set(s, lanes.fma(a, a, s))))
    f.return(
      lanes.vector.extractLane(
        sums.reduce((x, y) => lanes.vector.add(x, y) as typeof x),
        0,
      ),
    )
  })
  const run = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes())).exports['run'] as () => number
  return (2 * CHAINS * ROUNDS * lanes.count) / least(run) / 1e6
}

/** GB/s of reading `byteLength` bytes over and over, and of copying half of them to the other half. */
export function bandwidth(byteLength: number): { readonly read: number; readonly copy: number } {
  const m = createModule()
  const step = 16 * UNROLL
  const half = Math.max(step, Math.floor(byteLength / 2 / step) * step)
  const memory = new WebAssembly.Memory({ initial: Math.ceil((2 * half) / PAGE) })
  // Pages that nothing was written to would all be the same one.
  new Uint8Array(memory.buffer).fill(1)
  m.importMemory()
  const walk = (f: FunctionBuilder<readonly ['i32']>, end: number, body: (at: Local<'i32'>) => void): void => {
    const round = f.local('i32')
    const at = f.local('i32')
    f.for(round, 0, f.params[0], 1, () => f.for(at, 0, end, step, () => body(at)))
  }
  m.func({ name: 'read', params: ['i32'], result: 'i32', export: true }, (f) => {
    const seen = Array.from({ length: UNROLL }, () => f.local('v128'))
    walk(f, 2 * half, (at) => seen.forEach((s, k) => f.set(s, v128.or(s, v128.load(at, 16 * k)))))
    f.return(v128.anyTrue(seen.reduce((a, b) => v128.or(a, b) as typeof a)))
  })
  m.func({ name: 'copy', params: ['i32'], export: true }, (f) =>
    walk(f, half, (at) => {
      for (let k = 0; k < UNROLL; k++) f.store('v128', i32.add(at, half), v128.load(at, 16 * k), 16 * k)
    }),
  )
  const { read, copy } = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } })
    .exports as unknown as Record<'read' | 'copy', (times: number) => void>
  const times = Math.max(1, Math.ceil(2e6 / half))
  const bytes = times * 2 * half
  return { read: bytes / least(() => read(times)) / 1e6, copy: bytes / least(() => copy(times)) / 1e6 }
}
