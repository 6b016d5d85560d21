import { createModule, hasRelaxedSimd } from '@gradloom/blas-wasm'
import type { LoopKernel } from '@gradloom/core'
import { functions } from '../special/functions.ts'
import { FUNCTIONS } from './by-lane.ts'
import { emitKernel } from './kernel.ts'
import { keyOf, spaceOf, type Space } from './space.ts'
import { tiled } from './tile.ts'

/** Runs outer indices [begin, end); `table` holds the addresses of the kernel's accesses. */
export type KernelFunction = (table: number, begin: number, end: number) => void

/** A loop kernel ready to run. */
export interface CompiledLoop {
  readonly call: KernelFunction
  /** Where the table's entries point: a buffer of the plan, and bytes into it. */
  readonly table: readonly { readonly buffer: number; readonly byteOffset: number }[]
  readonly outerSize: number
  /** Outer indices per call. Calls come often enough for the engine to swap in optimised code early. */
  readonly grain: number
}

/** Compiles loop kernels against one memory; kernels of equal structure are compiled once. */
export interface LoopCompiler {
  compile(kernels: readonly LoopKernel[]): Promise<CompiledLoop[]>
  compileSync(kernels: readonly LoopKernel[]): CompiledLoop[]
}

/** Kernels that stay compiled after the last plan with them; enough for the plans that a runtime keeps. */
const MOST_CACHED = 2048
/** Elements handled by one call of a kernel. */
const CALL_ELEMENTS = 32_768

export function createLoopCompiler(memory: WebAssembly.Memory): LoopCompiler {
  const cache = new Map<string, KernelFunction>()
  const relaxed = hasRelaxedSimd(), imports = { env: { memory }, [FUNCTIONS]: functions, Math: Math as unknown as WebAssembly.ModuleImports }

  /** One module with every kernel that is not compiled yet; null where there is none. */
  const emit = (spaces: readonly Space[], keys: readonly string[]): { bytes: Uint8Array<ArrayBuffer>; names: ReadonlyMap<string, string> } | null => {
    const names = new Map<string, string>(), module = createModule()
    spaces.forEach((space, i) => {
      if (cache.has(keys[i]) || names.has(keys[i])) return
      const name = `loop${names.size}`
      names.set(keys[i], name)
      emitKernel(module, name, space, relaxed)
    })
    if (names.size === 0) return null
    module.importMemory()
    return { bytes: module.toBytes(), names }
  }
  const finish = (spaces: readonly Space[], keys: readonly string[], names?: ReadonlyMap<string, string>, instance?: WebAssembly.Instance): CompiledLoop[] => {
    for (const [key, name] of names ?? []) cache.set(key, instance!.exports[name] as KernelFunction)
    const compiled = spaces.map((space, i) => describe(space, cache.get(keys[i])!))
    for (const key of cache.keys()) {
      if (cache.size <= MOST_CACHED) break
      cache.delete(key)
    }
    return compiled
  }
  return {
    async compile(kernels) {
      const spaces = kernels.map((k) => tiled(spaceOf(k))), keys = spaces.map(keyOf), fresh = emit(spaces, keys)
      if (!fresh) return finish(spaces, keys)
      const { instance } = await WebAssembly.instantiate(fresh.bytes, imports)
      return finish(spaces, keys, fresh.names, instance)
    },
    compileSync(kernels) {
      const spaces = kernels.map((k) => tiled(spaceOf(k))), keys = spaces.map(keyOf), fresh = emit(spaces, keys)
      if (!fresh) return finish(spaces, keys)
      return finish(spaces, keys, fresh.names, new WebAssembly.Instance(new WebAssembly.Module(fresh.bytes), imports))
    },
  }
}

function describe({ outer, inner, affines, slots }: Space, call: KernelFunction): CompiledLoop {
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)
  const outerSize = product(outer), row = outer.at(-1) ?? 1
  // Whole rows where they are short, else whole vectors.
  const wanted = Math.max(1, Math.floor(CALL_ELEMENTS / Math.max(1, product(inner)))), unit = row <= wanted ? row : 16
  return {
    call, outerSize,
    table: affines.flatMap(({ slot, offset }) => (slot < 0 ? [] : [{ buffer: slots[slot], byteOffset: offset }])),
    grain: Math.ceil(wanted / unit) * unit,
  }
}
