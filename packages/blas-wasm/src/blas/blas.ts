import { canShareMemory, createPool } from '../threads/pool.ts'
import { machineThreads, type WorkerFactory } from '../threads/worker.ts'
import { hasRelaxedSimd } from '../wasm/features.ts'
import { createArena } from './arena.ts'
import type { RealArray } from './arguments.ts'
import { BlasError, shown } from './error.ts'
import { gemmTask, kernelModule, kernelsOf } from './kernels.ts'
import { level1, type Iamax, type Level1 } from './level1.ts'
import { level2, type Level2 } from './level2.ts'
import { level3, type Level3 } from './level3.ts'
import type { Machine } from './matrix.ts'

export interface BlasOptions {
  /** Size of the instance's own memory, 256 MiB by default; pages count only once they are touched. It never grows, so
   * views stay valid. */
  readonly memoryBytes?: number
  /** A memory to work on instead. It must not move: shared, or never grown while views of it are in use. */
  readonly memory?: WebAssembly.Memory
  /** With `memory`: the part that temporaries and `allocate` may use. All of it by default. */
  readonly arena?: { readonly byteOffset: number; readonly byteLength: number }
  /** Threads for products, the calling one included; 1 by default. More need a shared memory: without one the instance
   * has 1. */
  readonly threads?: number | 'auto'
  /** How helper threads start; see `createPool`. */
  readonly worker?: WorkerFactory
  /** Fused multiply-add; by default where the engine has it. */
  readonly relaxed?: boolean
}

type Routines<A extends RealArray> = Level1<A> & Level2<A> & Level3<A>
type Prefixed<P extends string, R> = { readonly [K in keyof R & string as `${P}${K}`]: R[K] }

/** BLAS routines with CBLAS names and arguments: `s` for Float32Array, `d` for Float64Array. */
export type Blas = Prefixed<'s', Routines<Float32Array>> &
  Prefixed<'d', Routines<Float64Array>> & {
    readonly isamax: Iamax<Float32Array>
    readonly idamax: Iamax<Float64Array>
    readonly memory: WebAssembly.Memory
    /** Threads that it has. */
    readonly threads: number
    /** Whether products use fused multiply-add. */
    readonly relaxed: boolean
    /** Zeroed numbers in the instance's memory: routines use them in place, where other arrays are copied in and out.
     * */
    float32(length: number): Float32Array
    float64(length: number): Float64Array
    /** Gives the memory of such an array back; the array must not be used afterwards. */
    free(array: RealArray): void
    /** Ends the helper threads. */
    close(): Promise<void>
  }

type Routine = (...given: readonly (number | RealArray)[]) => unknown

/** A routine that is called with numbers and typed arrays alone. */
const checked =
  (name: string, run: Routine): Routine =>
  (...given) => {
    for (let i = 0; i < Math.max(run.length, given.length); i++) {
      const value = given[i]
      if (typeof value !== 'number' && !(value instanceof Float32Array || value instanceof Float64Array))
        throw new BlasError('argument', `${name}: argument ${i + 1} must be a number or an array, got ${shown(value)}`)
    }
    return run(...given)
  }

const PAGE = 65536
const MOST_BYTES = 2 ** 31 // addresses are compared as signed numbers

/**
 * Compiles the kernels and gives the routines.
 * @throws BlasError 'argument' if sizes, leading dimensions or arrays of a call don't fit; 'memory' if there is no room
 * for temporaries.
 * @example
 * const blas = await createBlas()
 * const [a, b, c] = [new Float32Array([1, 2, 3, 4]), new Float32Array([5, 6, 7, 8]), new Float32Array(4)]
 * blas.sgemm(RowMajor, NoTrans, NoTrans, 2, 2, 2, 1, a, 2, b, 2, 0, c, 2) // c is [19, 22, 43, 50]
 */
export async function createBlas(options: BlasOptions = {}): Promise<Blas> {
  const {
    memoryBytes = 256 * 2 ** 20,
    memory: given,
    arena: range,
    relaxed = hasRelaxedSimd(),
    threads: count,
  } = Object(options) as BlasOptions
  const refuse = (wanted: string, got: unknown): never => {
    throw new BlasError('argument', `createBlas: ${wanted}, got ${shown(got)}`)
  }
  if (typeof memoryBytes !== 'number' || !(given || (memoryBytes > 0 && memoryBytes <= MOST_BYTES)))
    refuse('memoryBytes must be from 1 to 2^31', memoryBytes)
  if (given && !(given instanceof WebAssembly.Memory)) refuse('memory must be a WebAssembly.Memory', given)
  if (range && ![range.byteOffset, range.byteLength].every((n) => Number.isInteger(n) && n >= 0))
    refuse('the bounds of arena must be whole numbers, 0 or more', range)
  const pages = Math.ceil(memoryBytes / PAGE)
  const isShared = (memory: WebAssembly.Memory): boolean =>
    typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
  const wanted = count === 'auto' ? machineThreads() : (count ?? 1)
  if (!Number.isInteger(wanted) || wanted < 1) refuse(`threads must be a whole number, 1 or more, or 'auto'`, wanted)
  const threads = (given ? isShared(given) : canShareMemory()) ? wanted : 1
  const memory = given ?? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: threads > 1 })
  // A shared memory can be imported only with a maximum, which the importer may overstate.
  const module = await WebAssembly.compile(
    kernelModule(relaxed, isShared(memory) ? { initial: 0, maximum: PAGE, shared: true } : { initial: 0 }),
  )
  const pool =
    threads > 1 ? await createPool({ threads, memory, ...(options.worker && { worker: options.worker }) }) : undefined
  const types = ['f32', 'f64'] as const
  const loaded = await pool?.load(module, types.map(gemmTask))
  const exports = loaded?.exports ?? (await WebAssembly.instantiate(module, { env: { memory } })).exports
  // Address 0 is left out, so that no array has it.
  const { byteOffset, byteLength } = range ?? { byteOffset: 64, byteLength: memory.buffer.byteLength - 64 }
  const arena = createArena(byteOffset, byteOffset + byteLength)

  const machine = (type: 'f32' | 'f64'): Machine => {
    const make = (): RealArray => new (type === 'f32' ? Float32Array : Float64Array)(memory.buffer)
    let view = make()
    return {
      k: kernelsOf(type, exports),
      arena,
      // A memory that was handed in may grow, and then has another buffer; asking for it is not free.
      numbers: given ? () => (view.buffer === given.buffer ? view : (view = make())) : () => view,
      ...(pool && loaded && { team: { pool, gemm: loaded.tasks[gemmTask(type)], jobs: new Map() } }),
    }
  }
  const routines = <A extends RealArray>(type: 'f32' | 'f64', prefix: string): Record<string, unknown> => {
    const on = machine(type)
    const { iamax, ...vectors } = level1<A>(on, prefix)
    const named = Object.entries({ ...vectors, ...level2<A>(on, prefix), ...level3<A>(on, prefix) })
    const all = [...named.map(([name, run]) => [prefix + name, run] as const), [`i${prefix}amax`, iamax] as const]
    return Object.fromEntries(all.map(([name, run]) => [name, checked(name, run as Routine)]))
  }
  const make = <A extends RealArray>(
    Array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A,
    bytesPerElement: number,
    length: number,
  ): A => {
    if (!Number.isInteger(length) || length < 0)
      throw new BlasError('argument', `blas: an array's length must be a whole number, 0 or more, got ${shown(length)}`)
    const array = new Array(memory.buffer, arena.allocate(length * bytesPerElement), length)
    array.fill(0)
    return array
  }
  return Object.freeze({
    ...routines<Float32Array>('f32', 's'),
    ...routines<Float64Array>('f64', 'd'),
    memory,
    threads,
    relaxed,
    float32: (length: number) => make(Float32Array, 4, length),
    float64: (length: number) => make(Float64Array, 8, length),
    free: (array: RealArray) => arena.free(array.byteOffset),
    close: async () => pool?.close(),
  }) as unknown as Blas
}
