import {
  emitGemm,
  emitGemmTask,
  emitProduct,
  GEMM_JOB_BYTES,
  hasRelaxedSimd,
  i32,
  type FunctionHandle,
  type Real,
} from '@gradloom/blas-wasm'
import { emitRotations } from '../blas/emit-rotations.ts'
import type { Team, TeamTask } from '../threads/team.ts'

/** Tasks that compute the products of a list, or pieces of them, and what kernels of plugins call. */
export interface Gemm {
  readonly f32: TeamTask
  readonly f64: TeamTask
  /** For products of one column. */
  readonly 'f32 vector': TeamTask
  readonly 'f64 vector': TeamTask
  /** The arguments of `emitGemm`: a product at once, on the thread that calls. */
  readonly 'f32 product': TeamTask
  readonly 'f64 product': TeamTask
  readonly rotations: TeamTask
}

/** Words before the jobs of a list: pieces of a job, pieces of all, and how many a chunk takes. */
export const LIST_WORDS = 4

export async function createGemm(team: Team): Promise<Gemm> {
  const m = team.module()
  const relaxed = hasRelaxedSimd()
  const list = (name: string, piece: FunctionHandle<readonly ['i32', 'i32', 'i32']>): void =>
    void m.func({ name, params: ['i32', 'i32', 'i32'], export: true }, (f) => {
      const [descriptor, chunk, thread] = f.params
      const pieces = f.let(i32.load(descriptor))
      const grain = f.let(i32.load(descriptor, 8))
      const first = f.let(i32.mul(chunk, grain))
      const end = f.let(i32.add(first, grain))
      const all = f.let(i32.load(descriptor, 4))
      const at = f.local('i32')
      f.if(i32.gtU(end, all), () => f.set(end, all))
      f.for(at, first, end, 1, () => {
        const job = i32.add(i32.add(descriptor, 4 * LIST_WORDS), i32.mul(i32.divU(at, pieces), GEMM_JOB_BYTES))
        f.do(piece.call(job, i32.remU(at, pieces), thread))
      })
    })
  for (const type of ['f32', 'f64'] as const satisfies readonly Real[]) {
    const gemm = emitGemm(m, { type, relaxed })
    list(type, emitGemmTask(m, gemm, type))
    const product = emitProduct(m, gemm, { type, relaxed, export: `${type} product` })
    list(`${type} vector`, emitGemmTask(m, product, type))
  }
  emitRotations(m, relaxed)
  return team.load(await WebAssembly.compile(m.toBytes()), [
    'f32',
    'f64',
    'f32 vector',
    'f64 vector',
    'f32 product',
    'f64 product',
    'rotations',
  ])
}
