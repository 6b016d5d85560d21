import {
  createJob,
  cutGemm,
  GEMM_JOB_BYTES,
  LEAST_FLOPS,
  mostGemmScratchBytes,
  writeGemmJob,
  type Job,
} from '@gradloom/blas-wasm'
import { KernelError } from '@gradloom/core'
import type { CpuBlas, MatrixView } from '../kernels/workspace-kernel.ts'
import { LIST_WORDS, type Gemm } from '../run/gemm.ts'
import { aligned } from '../run/step.ts'
import type { Team } from '../threads/team.ts'
import { arrayOf, checkMatrix, rowsOf } from './check.ts'
import { ROTATION_WORDS } from './emit-rotations.ts'

const NUMBER = 8
/** Operations of a rotation of one column. */
const ROTATION_FLOPS = 6
/** Columns that threads take together: panels of the kernel. */
const COLUMNS = 8
/** For the descriptor of a task. */
const JOB_BYTES = aligned(4 * LIST_WORDS + GEMM_JOB_BYTES)

type Product = (...args: readonly number[]) => void
type Real = Float32Array | Float64Array

/** Bytes that BLAS needs for matrices with sides of at most `largest`. */
export const blasBytes = (largest: number, threads: number): number => JOB_BYTES + threads * ownBytes(largest)
const ownBytes = (largest: number): number =>
  aligned(Math.max(mostGemmScratchBytes('f32', largest), mostGemmScratchBytes('f64', largest)))

/** Where a run finds the memory that BLAS needs. */
export interface BlasPlace {
  at: number
  buffer: ArrayBufferLike
}

/** BLAS of a step, in memory at `where`, which its owner sets before each run. */
export function createBlas(name: string, largest: number, gemm: Gemm, team: Team, where: BlasPlace): CpuBlas {
  const { threads } = team
  /** By the binary logarithm of their work, since a job is judged by its time. */
  const jobs = new Map<number, Job>()
  const jobOf = (flops: number): Job => {
    const key = Math.round(Math.log2(flops))
    const job = jobs.get(key) ?? createJob()
    jobs.set(key, job)
    return job
  }
  const within = <T extends Real>(data: T): T => {
    if (data.buffer === where.buffer) return data
    throw new KernelError(`${name}: arrays of the run required for blas, got another; copy it to scratch`)
  }
  const place = <T extends Real>({ data, at }: MatrixView<T>): number =>
    within(data).byteOffset + at * data.BYTES_PER_ELEMENT

  return {
    gemm: (m, n, k, alpha, a, b, beta, c) => {
      const array = arrayOf(c.data)
      checkMatrix(name, 'C', array, c, m, n)
      checkMatrix(name, 'A', array, a, m, k)
      checkMatrix(name, 'B', array, b, k, n)
      if (Math.max(m, n, k) > largest)
        throw new KernelError(
          `${name}: sizes up to ${largest} required, got a product of ${m} x ${k} and ${k} x ${n}; ` +
            `raise \`largest\` of its workspace`,
        )
      // A row is computed as a column, and a matrix with contiguous columns as its transpose: C^T = B^T A^T.
      const turned = n !== 1 && (m === 1 || c.column !== 1)
      const isVector = m === 1 || n === 1
      if (!isVector && c.column !== 1 && c.row !== 1)
        throw new KernelError(
          `${name}: rows or columns of C without gaps required, got strides ${c.row} and ${c.column}; copy it`,
        )
      const [rows, columns] = turned ? [n, m] : [m, n]
      const addressA = place(a)
      const addressB = place(b)
      const job = {
        a: turned ? addressB : addressA,
        rsA: turned ? b.column : a.row,
        csA: turned ? b.row : a.column,
        b: turned ? addressA : addressB,
        rsB: turned ? a.column : b.row,
        csB: turned ? a.row : b.column,
        c: place(c),
        ldc: turned ? c.column : c.row,
        m: rows,
        n: columns,
        k,
        alpha,
        beta,
        scratch: where.at + JOB_BYTES,
      }
      const type = array === Float32Array ? 'f32' : 'f64'
      const flops = 2 * m * n * k
      const cut = threads > 1 && flops >= 2 * LEAST_FLOPS ? cutGemm(type, rows, columns, k, threads) : null
      if (!cut || cut.chunks === 1) {
        const product = gemm[`${type} product`].call as Product
        product(
          job.a,
          job.rsA,
          job.csA,
          job.b,
          job.rsB,
          job.csB,
          job.c,
          job.ldc,
          rows,
          columns,
          k,
          alpha,
          beta,
          job.scratch,
        )
        return
      }
      const { at, buffer } = where
      new Int32Array(buffer, at, LIST_WORDS).set([cut.chunks, cut.chunks, 1])
      writeGemmJob(buffer, at + 4 * LIST_WORDS, job, cut)
      team.run(isVector ? gemm[`${type} vector`] : gemm[type], at, cut.chunks, jobOf(flops))
    },
    rotate: (x, columns, sweeps, length) => {
      checkMatrix(name, 'x', Float64Array, x, rowsOf(name, sweeps, length), columns)
      const from = within(sweeps).byteOffset
      const flops = ROTATION_FLOPS * columns * (length / 2)
      if (flops === 0) return
      const parts = Math.min(threads, Math.floor(flops / LEAST_FLOPS)) || 1
      const grain = Math.ceil(columns / COLUMNS / parts) * COLUMNS
      const words = [place(x), x.row * NUMBER, columns, grain, from, from + length * NUMBER]
      new Int32Array(where.buffer, where.at, ROTATION_WORDS).set(words)
      team.run(gemm.rotations, where.at, Math.ceil(columns / grain), jobOf(flops))
    },
  }
}
