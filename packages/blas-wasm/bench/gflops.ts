// GFLOPS of the routines on one thread, best of many runs, and of a loop of independent multiply-adds in registers: the machine's peak.
// node --conditions=@gradloom/source packages/blas-wasm/bench/gflops.ts
import { Left, NoTrans, NonUnit, RowMajor, Trans, Upper, createBlas, createModule, hasRelaxedSimd, lanesOf, type Real, type Blas } from '../src/index.ts'

function best(flops: number, run: () => void): number {
  const warm = performance.now()
  while (performance.now() - warm < 300) run()
  const repeat = Math.max(1, Math.ceil(2e6 / flops))
  let least = Infinity
  for (const start = performance.now(); performance.now() - start < 1000; ) {
    const from = performance.now()
    for (let k = 0; k < repeat; k++) run()
    least = Math.min(least, (performance.now() - from) / repeat)
  }
  return flops / least / 1e6
}

function peak(type: Real, relaxed: boolean): number {
  const lanes = lanesOf(type, relaxed)
  const m = createModule()
  const [chains, rounds] = [10, 10_000]
  m.func({ name: 'run', params: [], result: type, export: true }, (f) => {
    const sums = Array.from({ length: chains }, (_, k) => f.let(lanes.vector.splat(k)))
    const [a, i] = [f.let(lanes.vector.splat(0.5)), f.local('i32')]
    f.for(i, 0, rounds, 1, () => sums.forEach((s) => f.set(s, lanes.fma(a, a, s))))
    f.return(lanes.vector.extractLane(sums.reduce((x, y) => lanes.vector.add(x, y) as typeof x), 0))
  })
  const run = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes())).exports.run as () => number
  return best(2 * chains * rounds * lanes.count, run)
}

for (const relaxed of hasRelaxedSimd() ? [true, false] : [false]) {
  const blas = await createBlas({ relaxed })
  const call = (name: string, ...args: unknown[]): void => (blas as unknown as Record<string, (...args: unknown[]) => void>)[name as keyof Blas]!(...args)
  for (const [prefix, type] of [['s', 'f32'], ['d', 'f64']] as const) {
    const make = (length: number): Float32Array | Float64Array => (type === 'f32' ? blas.float32(length) : blas.float64(length))
    const n = 1024
    const [a, b, c] = [make(n * n), make(n * n), make(n * n)]
    for (let k = 0; k < a.length; k++) a[k] = k % (n + 1) === 0 ? n : Math.sin(k)
    for (let k = 0; k < b.length; k++) b[k] = Math.cos(k)
    const row: Record<string, number> = { peak: peak(type, relaxed) }
    const measure = (name: string, flops: number, ...args: unknown[]): void => void (row[name] = best(flops, () => call(prefix + name.split(' ')[0]!, ...args)))
    for (const s of [64, 256, 1024]) measure(`gemm ${s}`, 2 * s ** 3, RowMajor, NoTrans, NoTrans, s, s, s, 1, a, s, b, s, 0, c, s)
    measure('gemm 512 A^T', 2 * 512 ** 3, RowMajor, Trans, NoTrans, 512, 512, 512, 1, a, 512, b, 512, 0, c, 512)
    measure('gemm 512 B^T', 2 * 512 ** 3, RowMajor, NoTrans, Trans, 512, 512, 512, 1, a, 512, b, 512, 0, c, 512)
    measure('gemv 256', 2 * 256 ** 2, RowMajor, NoTrans, 256, 256, 1, a, 256, b, 1, 0, c, 1)
    measure('gemv 256 A^T', 2 * 256 ** 2, RowMajor, Trans, 256, 256, 1, a, 256, b, 1, 0, c, 1)
    measure('symm 512', 2 * 512 ** 3, RowMajor, Left, Upper, 512, 512, 1, a, 512, b, 512, 0, c, 512)
    measure('syrk 512', 512 ** 3, RowMajor, Upper, NoTrans, 512, 512, 1, a, 512, 0, c, 512)
    measure('trmm 512', 512 ** 3, RowMajor, Left, Upper, NoTrans, NonUnit, 512, 512, 1e-3, a, n, b, 512)
    measure('trsm 512', 512 ** 3, RowMajor, Left, Upper, NoTrans, NonUnit, 512, 512, 1, a, n, b, 512)
    measure('dot 4096', 2 * 4096, 4096, a, 1, b, 1)
    measure('axpy 4096', 2 * 4096, 4096, 1e-9, a, 1, c, 1)
    console.log(`${prefix}, ${relaxed ? 'relaxed SIMD' : 'SIMD128'}: ${Object.entries(row).map(([name, x]) => `${name} ${x.toFixed(1)}`).join(' | ')}`)
    for (const array of [a, b, c]) blas.free(array)
  }
}
