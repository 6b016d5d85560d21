import { gemmScratchBytes } from '../gemm/blocking.ts'
import { GEMM_JOB_BYTES, cutGemm, writeGemmJob } from '../gemm/task.ts'
import { createJob, type Job } from '../threads/adjustment.ts'
import type { Pool } from '../threads/pool.ts'
import type { Arena } from './arena.ts'
import { Lower, NoTrans, RowMajor, Upper, type Order, type Transpose, type Uplo } from './arguments.ts'
import type { Kernels } from './kernels.ts'

/** A strided matrix in memory: address in bytes, strides in elements. */
export interface Matrix {
  readonly at: number
  readonly rs: number
  readonly cs: number
}

/** What the routines of one type run on. */
export interface Machine {
  readonly k: Kernels
  readonly arena: Arena
  /** All of the memory as numbers of the type; element i is at byte i * bytes. */
  numbers(): Float32Array | Float64Array
  /** Threads, the number of their gemm task, and the products so far by their multiply-adds; none for one thread. */
  readonly team?: { readonly pool: Pool; readonly gemm: number; readonly jobs: Map<number, Job> }
}

/** Products of one size are one job; enough sizes for a program's loops. */
const MOST_JOBS = 256

function jobOf(jobs: Map<number, Job>, multiplyAdds: number): Job {
  const known = jobs.get(multiplyAdds)
  if (known) return known
  if (jobs.size === MOST_JOBS) jobs.clear()
  const job = createJob()
  jobs.set(multiplyAdds, job)
  return job
}

export const matrix = (order: Order, at: number, leading: number): Matrix =>
  order === RowMajor ? { at, rs: leading, cs: 1 } : { at, rs: 1, cs: leading }

export const transposed = ({ at, rs, cs }: Matrix): Matrix => ({ at, rs: cs, cs: rs })

/** op(A). */
export const applied = (trans: Transpose, a: Matrix): Matrix => (trans === NoTrans ? a : transposed(a))

/** The triangle of op(A) that the stored triangle of A gives. */
export const appliedUplo = (trans: Transpose, uplo: Uplo): Uplo =>
  trans === NoTrans ? uplo : uplo === Upper ? Lower : Upper

/** The part that starts at row i, column j. */
export const part = (k: Kernels, { at, rs, cs }: Matrix, i: number, j: number): Matrix => ({
  at: at + (i * rs + j * cs) * k.bytes,
  rs,
  cs,
})

/** Runs `body` with the address of temporary memory. */
export function withScratch<T>(arena: Arena, byteLength: number, body: (address: number) => T): T {
  const address = arena.allocate(byteLength)
  try {
    return body(address)
  } finally {
    arena.free(address)
  }
}

/** C = alpha A B + beta C, for any strides of A and B and contiguous rows or columns of C. */
export function multiply(
  machine: Machine,
  m: number,
  n: number,
  depth: number,
  alpha: number,
  a: Matrix,
  b: Matrix,
  beta: number,
  c: Matrix,
): void {
  if (m === 0 || n === 0) return
  if (c.cs !== 1) return multiply(machine, n, m, depth, alpha, transposed(b), transposed(a), beta, transposed(c))
  const { k, arena, team } = machine
  if (team && m > 1 && n > 1 && depth > 0 && alpha !== 0) {
    const { threads } = team.pool
    const cut = cutGemm(k.type, m, n, depth, threads)
    if (cut.chunks > 1) {
      return withScratch(arena, GEMM_JOB_BYTES + 64 + threads * cut.scratchBytes, (at) => {
        const scratch = (at + GEMM_JOB_BYTES + 63) & -64
        const job = {
          a: a.at,
          rsA: a.rs,
          csA: a.cs,
          b: b.at,
          rsB: b.rs,
          csB: b.cs,
          c: c.at,
          ldc: c.rs,
          m,
          n,
          k: depth,
          alpha,
          beta,
          scratch,
        }
        writeGemmJob(machine.numbers().buffer, at, job, cut)
        team.pool.run(team.gemm, at, cut.chunks, jobOf(team.jobs, m * n * depth))
      })
    }
  }
  withScratch(arena, gemmScratchBytes(k.type, m, n, depth), (scratch) =>
    k.gemm(a.at, a.rs, a.cs, b.at, b.rs, b.cs, c.at, c.rs, m, n, depth, alpha, beta, scratch),
  )
}

/** C = beta C; beta = 0 clears. */
export function scaleMatrix(machine: Machine, m: number, n: number, beta: number, c: Matrix): void {
  if (beta !== 1) multiply(machine, m, n, 0, 0, c, c, beta, c)
}
