import { emitGemm } from '../gemm/gemm.ts'
import { emitGemv } from '../gemm/gemv.ts'
import { emitPack } from '../gemm/pack.ts'
import { emitProduct } from '../gemm/product.ts'
import { emitGemmTask } from '../gemm/task.ts'
import { lanesOf, type Real } from '../lanes.ts'
import { emitAsum, emitDot, emitIamax, emitNrm2 } from '../level1/reduce.ts'
import { emitAxpy, emitCopy, emitRot, emitScal, emitSwap } from '../level1/update.ts'
import { createModule, type Module } from '../wasm/module.ts'
import type { Callee } from '../wasm/value.ts'

/** The wasm functions of one real type. Addresses in bytes, sizes and strides in elements. */
export interface Kernels {
  readonly type: Real
  readonly bytes: 4 | 8
  copy(n: number, x: number, incX: number, y: number, incY: number): void
  swap(n: number, x: number, incX: number, y: number, incY: number): void
  scal(n: number, alpha: number, x: number, incX: number): void
  axpy(n: number, alpha: number, x: number, incX: number, y: number, incY: number): void
  rot(n: number, x: number, incX: number, y: number, incY: number, c: number, s: number): void
  dot(n: number, x: number, incX: number, y: number, incY: number): number
  asum(n: number, x: number, incX: number): number
  nrm2(n: number, x: number, incX: number): number
  iamax(n: number, x: number, incX: number): number
  /** See `emitProduct`. */
  gemm(
    a: number,
    rsA: number,
    csA: number,
    b: number,
    rsB: number,
    csB: number,
    c: number,
    ldc: number,
    m: number,
    n: number,
    k: number,
    alpha: number,
    beta: number,
    scratch: number,
  ): void
  /** See `emitGemv`. */
  gemv(
    a: number,
    rsA: number,
    csA: number,
    x: number,
    incX: number,
    y: number,
    incY: number,
    m: number,
    n: number,
    alpha: number,
    beta: number,
    scratch: number,
  ): number
  /** See `emitPack`; strides in bytes. */
  pack(to: number, from: number, stride: number, kStride: number, width: number, valid: number, k: number): void
}

const names = ['copy', 'swap', 'scal', 'axpy', 'rot', 'dot', 'asum', 'nrm2', 'iamax', 'gemm', 'gemv', 'pack'] as const

/** Export name of the task that computes a piece of a product; see gemm/task.ts. */
export const gemmTask = <T extends Real>(type: T): `${T}.gemmTask` => `${type}.gemmTask`

/** Adds every kernel of a type to a module, exported as `f32.gemm` and so on. */
export function emitKernels(m: Module, type: Real, relaxed: boolean): void {
  const lanes = lanesOf(type, relaxed)
  const gemm = emitGemm(m, { type, relaxed })
  const handles: Record<(typeof names)[number], Callee> = {
    copy: emitCopy(m, lanes),
    swap: emitSwap(m, lanes),
    scal: emitScal(m, lanes),
    axpy: emitAxpy(m, lanes),
    rot: emitRot(m, lanes),
    dot: emitDot(m, lanes),
    asum: emitAsum(m, lanes),
    nrm2: emitNrm2(m, lanes),
    iamax: emitIamax(m, lanes),
    gemm: emitProduct(m, gemm, { type, relaxed }),
    gemv: emitGemv(m, lanes),
    pack: emitPack(m, lanes),
  }
  for (const name of names) m.export(handles[name], `${type}.${name}`)
  m.export(emitGemmTask(m, gemm, type), gemmTask(type))
}

/** The kernels of a type out of an instance. */
export function kernelsOf(type: Real, exports: WebAssembly.Exports): Kernels {
  const picked = Object.fromEntries(names.map((name) => [name, exports[`${type}.${name}`]]))
  return { type, bytes: type === 'f32' ? 4 : 8, ...picked } as unknown as Kernels
}

/** A module with the kernels of both types, importing `env.memory`. */
export function kernelModule(
  relaxed: boolean,
  memory: { readonly initial: number; readonly maximum?: number; readonly shared?: boolean },
): Uint8Array<ArrayBuffer> {
  const m = createModule()
  m.importMemory(memory)
  for (const type of ['f32', 'f64'] as const) emitKernels(m, type, relaxed)
  return m.toBytes()
}
