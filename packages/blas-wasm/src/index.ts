export {
  ColMajor,
  ConjTrans,
  Left,
  Lower,
  NonUnit,
  NoTrans,
  Right,
  RowMajor,
  Trans,
  Unit,
  Upper,
} from './blas/arguments.ts'
export type { Diag, Order, RealArray, Side, Transpose, Uplo } from './blas/arguments.ts'
export { createBlas } from './blas/blas.ts'
export type { Blas, BlasOptions } from './blas/blas.ts'
export { BlasError } from './blas/error.ts'
export type { BlasErrorCode } from './blas/error.ts'
export type { Iamax, Level1 } from './blas/level1.ts'
export type { Level2 } from './blas/level2.ts'
export type { Level3 } from './blas/level3.ts'
export { blockingOf, gemmScratchBytes, mostGemmScratchBytes } from './gemm/blocking.ts'
export type { Blocking } from './gemm/blocking.ts'
export { emitPanelProduct } from './gemm/block.ts'
export { emitGemm } from './gemm/gemm.ts'
export type { Gemm, GemmOptions } from './gemm/gemm.ts'
export { emitGemv } from './gemm/gemv.ts'
export type { Gemv } from './gemm/gemv.ts'
export { emitPack, emitPackPanels } from './gemm/pack.ts'
export type { Pack } from './gemm/pack.ts'
export { emitProduct } from './gemm/product.ts'
export { lanesOf } from './lanes.ts'
export type { Lanes, Real } from './lanes.ts'
export { emitMath, inlineMath } from './math/emit.ts'
export type { MathOptions, VectorMath } from './math/emit.ts'
export { createJob, type Job } from './threads/adjustment.ts'
export { canShareMemory, createPool } from './threads/pool.ts'
export type { Pool, PoolOptions, Task } from './threads/pool.ts'
export { helperSource } from './threads/helper.ts'
export { connectWebWorker, machineThreads } from './threads/worker.ts'
export type { PoolWorker, WorkerFactory } from './threads/worker.ts'
export { GEMM_JOB_BYTES, GEMM_JOB_WORDS, LEAST_FLOPS, cutGemm, emitGemmTask, writeGemmJob } from './gemm/task.ts'
export type { GemmCut, GemmJob } from './gemm/task.ts'
export * from './wasm/index.ts'
