import { lanesOf, type Lanes, type Real } from '../lanes.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { f32, f64, i32 } from '../wasm/scalar.ts'
import type { Value } from '../wasm/value.ts'
import { ROW_MULTIPLE, blockingOf, gemmScratchBytes } from './blocking.ts'
import type { Gemm } from './gemm.ts'

/** Words of a job's descriptor: the arguments of gemm up to k, then how it is cut. alpha and beta follow as two f64. */
export const GEMM_JOB_WORDS = [
  'a',
  'rsA',
  'csA',
  'b',
  'rsB',
  'csB',
  'c',
  'ldc',
  'm',
  'n',
  'k',
  'rows',
  'columns',
  'scratch',
  'scratchStride',
] as const
type Word = (typeof GEMM_JOB_WORDS)[number]
const ALPHA = Math.ceil(GEMM_JOB_WORDS.length / 2) * 8
/** Bytes of a descriptor; its address is a multiple of 8. */
export const GEMM_JOB_BYTES: number = ALPHA + 16

/** How a product is cut: pieces of rows x columns, each a chunk. One piece if more would not pay. */
export interface GemmCut {
  readonly rows: number
  readonly columns: number
  readonly chunks: number
  /** Scratch that each thread needs. */
  readonly scratchBytes: number
}

/** Operations below which handing out a piece (about a microsecond) costs more than it saves. */
export const LEAST_FLOPS = 80_000

/** Cuts m x n into up to `threads` pieces, as square as they get; twice as many for long jobs, so that a thread that is
 * late can be made up for. */
export function cutGemm(type: Real, m: number, n: number, k: number, threads: number): GemmCut {
  const { tileColumns } = blockingOf(type)
  const flops = 2 * m * n * k
  const wanted = Math.min(flops > 1e8 && threads > 1 ? 2 * threads : threads, Math.floor(flops / LEAST_FLOPS))
  const part = (total: number, parts: number, multiple: number): number =>
    Math.ceil(Math.ceil(total / parts) / multiple) * multiple
  let [rows, columns] = [m, n]
  let best = Infinity
  for (let down = 1; down <= wanted; down++) {
    const across = Math.floor(wanted / down)
    const [r, c] = [Math.min(m, part(m, down, ROW_MULTIPLE)), Math.min(n, part(n, across, 2 * tileColumns))]
    // Per thread: the products, and the packing, which costs about as much an element as ten multiply-adds.
    const cost = Math.ceil((Math.ceil(m / r) * Math.ceil(n / c)) / threads) * (r * c + 10 * (r + c))
    if (cost < best) [best, rows, columns] = [cost, r, c]
  }
  // The last pieces are smaller, and may need more, where they are one block and the others two.
  const scratch = [rows, m % rows].flatMap((r) => [columns, n % columns].map((c) => gemmScratchBytes(type, r, c, k)))
  return { rows, columns, chunks: Math.ceil(m / rows) * Math.ceil(n / columns), scratchBytes: Math.max(0, ...scratch) }
}

/** The arguments of gemm by name, and the scratch of all threads. */
export type GemmJob = Readonly<Record<Exclude<Word, 'rows' | 'columns' | 'scratchStride'> | 'alpha' | 'beta', number>>

/** Writes a descriptor. `scratch`: cut.scratchBytes bytes a thread, one after the other. */
export function writeGemmJob(buffer: ArrayBufferLike, at: number, job: GemmJob, cut: GemmCut): void {
  const values: Readonly<Record<string, number>> = {
    ...job,
    rows: cut.rows,
    columns: cut.columns,
    scratchStride: cut.scratchBytes,
  }
  new Int32Array(buffer, at, GEMM_JOB_WORDS.length).set(GEMM_JOB_WORDS.map((word) => values[word]!))
  new Float64Array(buffer, at + ALPHA, 2).set([job.alpha, job.beta])
}

/** `task(descriptor, chunk, thread)`: one piece of a product. */
export function emitGemmTask(m: Module, gemm: Gemm, type: Real): FunctionHandle<readonly ['i32', 'i32', 'i32']> {
  const lanes: Lanes = lanesOf(type, false)
  return m.func({ name: `${type}.gemmTask`, params: ['i32', 'i32', 'i32'] }, (f) => {
    const [descriptor, chunk, thread] = f.params
    const word = (name: Word): Value<'i32'> => i32.load(descriptor, GEMM_JOB_WORDS.indexOf(name) * 4)
    const number = (offset: number): Value<Real> => {
      const x = f64.load(descriptor, ALPHA + offset)
      return type === 'f32' ? f32.demoteF64(x) : x
    }
    const [rows, columns] = [f.let(word('rows')), f.let(word('columns'))]
    const across = f.let(i32.divU(i32.sub(i32.add(word('n'), columns), 1), columns))
    const [i, j] = [f.let(i32.mul(i32.divU(chunk, across), rows)), f.let(i32.mul(i32.remU(chunk, across), columns))]
    const [leftRows, leftColumns] = [f.let(i32.sub(word('m'), i)), f.let(i32.sub(word('n'), j))]
    f.if(i32.gtS(leftRows, rows), () => f.set(leftRows, rows))
    f.if(i32.gtS(leftColumns, columns), () => f.set(leftColumns, columns))
    const at = (name: 'a' | 'b' | 'c', offset: Value<'i32'>): Value<'i32'> =>
      i32.add(word(name), i32.shl(offset, lanes.shift))
    f.do(
      gemm.call(
        at('a', i32.mul(i, word('rsA'))),
        word('rsA'),
        word('csA'),
        at('b', i32.mul(j, word('csB'))),
        word('rsB'),
        word('csB'),
        at('c', i32.add(i32.mul(i, word('ldc')), j)),
        word('ldc'),
        leftRows,
        leftColumns,
        word('k'),
        number(0),
        number(8),
        i32.add(word('scratch'), i32.mul(thread, word('scratchStride'))),
      ),
    )
  })
}
