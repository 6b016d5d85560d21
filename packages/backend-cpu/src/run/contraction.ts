import {
  createJob,
  cutGemm,
  GEMM_JOB_BYTES,
  GEMM_JOB_WORDS,
  LEAST_FLOPS,
  writeGemmJob,
  type Real,
} from '@gradloom/blas-wasm'
import { byteSize, contiguous, sizeOf, type Contraction, type LoopKernel } from '@gradloom/core'
import type { Team } from '../threads/team.ts'
import { LIST_WORDS, type Gemm } from './gemm.ts'
import { bareStep, SCRATCH, type ReadyStep } from './step.ts'

const [A, B, C, OWN] = (['a', 'b', 'c', 'scratch'] as const).map((word) => GEMM_JOB_WORDS.indexOf(word))

/** A contraction of floats as a list of products. */
export function gemmStep(contraction: Contraction, gemm: Gemm, { threads, run }: Team): ReadyStep {
  const { dtype, k, out } = contraction
  const type: Real = dtype === 'float32' ? 'f32' : 'f64'
  const size = byteSize(dtype)
  let { m, n, a, b } = contraction
  const batch = [...contraction.batch]
  const inA = [...a.batch]
  const inB = [...b.batch]
  // Batches that share b and whose rows of a go on where the last batch ended are rows of one product.
  while (batch.length > 0 && (batch.at(-1) === 1 || (inB.at(-1) === 0 && inA.at(-1) === m * a.row))) {
    m *= batch.pop()!
    inA.pop()
    inB.pop()
  }
  const count = sizeOf(batch)
  const strides = contiguous(batch)
  if (m * n * count === 0) return bareStep(() => {})
  const offset = (of: readonly number[], job: number): number =>
    size * of.reduce((sum, s, d) => sum + s * (Math.floor(job / strides[d]) % batch[d]), 0)
  const places = Array.from({ length: count }, (_, job) => [
    a.offset * size + offset(inA, job),
    b.offset * size + offset(inB, job),
  ])
  // A row is computed as a column: out' = b' a'.
  const turned = m === 1 && n !== 1
  if (turned) [m, n, a, b] = [n, m, { ...b, row: b.column, column: b.row }, { ...a, row: a.column, column: a.row }]

  // Many products are handed out whole, and as many together as are worth it.
  const cut = cutGemm(type, m, n, k, count < 2 * threads ? threads : 1)
  const pieces = cut.chunks
  const all = count * pieces
  const grain = Math.max(
    1,
    Math.ceil(all / (2 * threads)),
    Math.min(all, Math.floor((LEAST_FLOPS * pieces) / (2 * m * n * k + 1))),
  )
  const words = new Int32Array(LIST_WORDS + (count * GEMM_JOB_BYTES) / 4)
  words.set([pieces, all, grain])
  const firsts = places.map((_, job) => LIST_WORDS + (job * GEMM_JOB_BYTES) / 4)
  const job = {
    a: 0,
    rsA: a.row,
    csA: a.column,
    b: 0,
    rsB: b.row,
    csB: b.column,
    c: 0,
    ldc: n,
    m,
    n,
    k,
    alpha: 1,
    beta: 0,
    scratch: 0,
  }
  for (const first of firsts) writeGemmJob(words.buffer, 4 * first, job, cut)
  const task = n === 1 ? gemm[`${type} vector`] : gemm[type]
  const chunks = Math.ceil(all / grain)
  const repeated = createJob()
  return {
    words,
    pointers: places.flatMap(([ofA, ofB], i) => [
      { word: firsts[i] + A, buffer: a.buffer, byteOffset: turned ? ofB : ofA },
      { word: firsts[i] + B, buffer: b.buffer, byteOffset: turned ? ofA : ofB },
      { word: firsts[i] + C, buffer: out, byteOffset: i * m * n * size },
      { word: firsts[i] + OWN, buffer: SCRATCH, byteOffset: 0 },
    ]),
    scratchBytes: threads * cut.scratchBytes,
    run: ({ descriptor }) => run(task, descriptor, chunks, repeated),
  }
}

/** A contraction of integers as a loop kernel: out[batch, m, n] = sum over k. */
export function contractionLoop({ dtype, batch, m, n, k, a, b, out }: Contraction): LoopKernel {
  const outer = [...batch, m, n]
  return {
    outer,
    inner: [k],
    reads: [
      { buffer: a.buffer, dtype, offset: a.offset, strides: [...a.batch, a.row, 0, a.column] },
      { buffer: b.buffer, dtype, offset: b.offset, strides: [...b.batch, 0, b.column, b.row] },
    ],
    phases: [
      {
        over: 'inner',
        code: [
          { op: 'read', dtype, read: 0 },
          { op: 'read', dtype, read: 1 },
          { op: 'mul', dtype, args: [0, 1] },
        ],
        reduce: [{ kind: 'sum', value: 2 }],
        write: [],
      },
      {
        over: 'outer',
        code: [{ op: 'reduced', dtype, value: 0 }],
        reduce: [],
        write: [{ access: { buffer: out, dtype, offset: 0, strides: [...contiguous(outer), 0] }, value: 0 }],
      },
    ],
  }
}
