// GFLOPS of the routines, best of many runs, and of a loop of independent multiply-adds in registers: the machine's
// peak. Prints tables.
// node --conditions=@gradloom/source packages/blas-wasm/bench/gflops.ts
import {
  Left,
  NoTrans,
  NonUnit,
  RowMajor,
  Trans,
  Upper,
  createBlas,
  createModule,
  hasRelaxedSimd,
  lanesOf,
  type Blas,
  type Real,
} from '../src/index.ts'

function best(flops: number, run: () => void): number {
  const warm = performance.now()
  while (performance.now() - warm < 300) run()
  const repeat = Math.max(1, Math.ceil(2e6 / flops))
  let least = Infinity
  for (const start = performance.now(); performance.now() - start < 1500;) {
    const from = performance.now()
    for (let k = 0; k < repeat; k++) run()
    least = Math.min(least, (performance.now() - from) / repeat)
  }
  return flops / least / 1e6
}

function peak(type: Real, relaxed: boolean): number {
  const lanes = lanesOf(type, relaxed)
  const m = createModule()
  const [chains, rounds] = [12, 10_000]
  m.func({ name: 'run', params: [], result: type, export: true }, (f) => {
    const sums = Array.from({ length: chains }, (_, k) => f.let(lanes.vector.splat(k)))
    const [a, i] = [f.let(lanes.vector.splat(0.5)), f.local('i32')]
    f.for(i, 0, rounds, 1, () => sums.forEach((s) => f.set(s, lanes.fma(a, a, s))))
    f.return(
      lanes.vector.extractLane(
        sums.reduce((x, y) => lanes.vector.add(x, y) as typeof x),
        0,
      ),
    )
  })
  const run = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes())).exports.run as () => number
  return best(2 * chains * rounds * lanes.count, run)
}

type Call = (name: string, ...args: unknown[]) => void
type Measure = (name: string, flops: number, ...args: unknown[]) => void
const call =
  (blas: Blas): Call =>
  (name, ...args) =>
    (blas as unknown as Record<string, (...args: unknown[]) => void>)[name]!(...args)

/** One column: a type on some threads. */
async function column(
  prefix: 's' | 'd',
  relaxed: boolean,
  threads: number,
  list: (measure: Measure, arrays: Record<'a' | 'b' | 'c', Float32Array | Float64Array>) => void,
): Promise<Record<string, number>> {
  const blas = await createBlas({ relaxed, threads })
  const [row, n, run] = [{} as Record<string, number>, 2048, call(blas)]
  const [a, b, c] = [0, 0, 0].map(() => (prefix === 's' ? blas.float32(n * n) : blas.float64(n * n))) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  // Triangles of size 512 are well conditioned.
  for (let k = 0; k < a.length; k++) [a[k], b[k]] = [k % 513 === 0 ? 512 : Math.sin(k), Math.cos(k)]
  list((name, flops, ...args) => void (row[name] = best(flops, () => run(prefix + name.split(' ')[0]!, ...args))), {
    a,
    b,
    c,
  })
  await blas.close()
  return row
}

const print = (columns: Record<string, Record<string, number>>): void => {
  console.log(
    `| | ${Object.keys(columns).join(' | ')} |\n|---|${Object.keys(columns)
      .map(() => '---|')
      .join('')}`,
  )
  for (const name of Object.keys(Object.values(columns)[0]!))
    console.log(
      `| ${name} | ${Object.values(columns)
        .map((of) => of[name]!.toFixed(of[name]! < 100 ? 1 : 0))
        .join(' | ')} |`,
    )
}

const products: Record<string, Record<string, number>> = {}
const others: Record<string, Record<string, number>> = {}
for (const [prefix, type] of [
  ['s', 'f32'],
  ['d', 'f64'],
] as const) {
  for (const relaxed of hasRelaxedSimd() ? [true, false] : [false]) {
    for (const threads of relaxed ? [1, 2] : [1]) {
      const label = `${prefix}, ${relaxed ? 'relaxed' : 'SIMD128'}${threads > 1 ? `, ${threads} threads` : ''}`
      products[label] = {
        'peak of the cores': threads * peak(type, relaxed),
        ...(await column(prefix, relaxed, threads, (measure, { a, b, c }) => {
          for (const s of [64, 128, 256, 512, 1024, 2048])
            measure(`gemm ${s}`, 2 * s ** 3, RowMajor, NoTrans, NoTrans, s, s, s, 1, a, s, b, s, 0, c, s)
          measure('gemm 512 Aᵀ·B', 2 * 512 ** 3, RowMajor, Trans, NoTrans, 512, 512, 512, 1, a, 512, b, 512, 0, c, 512)
          measure('gemm 512 A·Bᵀ', 2 * 512 ** 3, RowMajor, NoTrans, Trans, 512, 512, 512, 1, a, 512, b, 512, 0, c, 512)
          measure(
            'gemm 64 x 128 x 784',
            2 * 64 * 128 * 784,
            RowMajor,
            NoTrans,
            NoTrans,
            64,
            128,
            784,
            1,
            a,
            784,
            b,
            128,
            0,
            c,
            128,
          )
          measure(
            'gemm 784 x 128 x 64 Aᵀ·B',
            2 * 64 * 128 * 784,
            RowMajor,
            Trans,
            NoTrans,
            784,
            128,
            64,
            1,
            a,
            784,
            b,
            128,
            0,
            c,
            128,
          )
          measure(
            'gemm 64 x 10 x 128',
            2 * 64 * 10 * 128,
            RowMajor,
            NoTrans,
            NoTrans,
            64,
            10,
            128,
            1,
            a,
            128,
            b,
            10,
            0,
            c,
            10,
          )
        })),
      }
      if (threads > 1) continue
      others[label] = await column(prefix, relaxed, threads, (measure, { a, b, c }) => {
        measure('symm 512', 2 * 512 ** 3, RowMajor, Left, Upper, 512, 512, 1, a, 512, b, 512, 0, c, 512)
        measure('syrk 512', 512 ** 3, RowMajor, Upper, NoTrans, 512, 512, 1, a, 512, 0, c, 512)
        measure('trmm 512', 512 ** 3, RowMajor, Left, Upper, NoTrans, NonUnit, 512, 512, 1e-3, a, 512, b, 512)
        measure('trsm 512', 512 ** 3, RowMajor, Left, Upper, NoTrans, NonUnit, 512, 512, 1, a, 512, b, 512)
        measure('gemv 256', 2 * 256 ** 2, RowMajor, NoTrans, 256, 256, 1, a, 256, b, 1, 0, c, 1)
        measure('gemv 256 Aᵀ·x', 2 * 256 ** 2, RowMajor, Trans, 256, 256, 1, a, 256, b, 1, 0, c, 1)
        measure('dot 4096', 2 * 4096, 4096, a, 1, b, 1)
        measure('axpy 4096', 2 * 4096, 4096, 1e-9, a, 1, c, 1)
      })
    }
  }
}
print(products)
print(others)
