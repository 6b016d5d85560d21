import { hasRelaxedSimd, i32, type Module, type Task } from '@gradloom/blas-wasm'
import type { Instruction, LoopKernel } from '@gradloom/core'
import type { Team, TeamTask } from '../threads/team.ts'
import { emitKernel } from './kernel.ts'
import { isByLane, isCostly } from './operation.ts'
import { keyOf, spaceOf, type Space } from './space.ts'
import { strategyOf } from './strategy.ts'
import { tiled } from './tile.ts'

/** A loop kernel ready to run. */
export interface CompiledLoop {
  /** Runs chunks of the outer indices. Its descriptor: how many a chunk has, then the table. */
  readonly task: TeamTask
  /** Of its WebAssembly. */
  readonly codeBytes: number
  /** Where the table's entries point: a buffer of the plan, and bytes into it. */
  readonly table: readonly { readonly buffer: number; readonly byteOffset: number }[]
  readonly outerSize: number
  /** Outer indices in a row of vectors; 1 where each index is computed for itself. */
  readonly row: number
  /** Elements of an outer index. */
  readonly elements: number
  /** Scalar operations of an outer index. */
  readonly operations: number
}

/** Compiles loop kernels against one memory; kernels of equal structure are compiled once. */
export interface LoopCompiler {
  compile(kernels: readonly LoopKernel[]): Promise<CompiledLoop[]>
  /** The same at once, for the calling thread alone. */
  compileSync(kernels: readonly LoopKernel[]): CompiledLoop[]
}

/** Kernels that stay compiled after the last plan with them; enough for the plans that a runtime keeps. */
const MOST_CACHED = 2048
/** What a costly operation counts for: tanh takes 1.5 ns an element, an addition and its accesses 0.1. */
const COSTLY = 40

type Compiled = Pick<CompiledLoop, 'task' | 'codeBytes'>

/** Kernels of a module: the export of each, by the key of its space. */
interface Batch {
  readonly code: Uint8Array<ArrayBuffer>
  readonly names: Map<string, string>
}

export function createLoopCompiler(team: Team): LoopCompiler {
  const cache = new Map<string, Compiled>()
  const relaxed = hasRelaxedSimd()
  const isOwn = ({ phases }: Space): boolean => team.threads === 1 || phases.some(({ code }) => code.some(isByLane))

  /** A module with the kernels that are chosen, but for those that are cached; null where there is none. */
  const emit = (
    spaces: readonly Space[],
    keys: readonly string[],
    chosen: (space: Space, cached: Compiled | undefined) => boolean,
  ): Batch | null => {
    const names = new Map<string, string>()
    const module = team.module()
    spaces.forEach((space, i) => {
      if (names.has(keys[i]) || !chosen(space, cache.get(keys[i]))) return
      const name = `loop${names.size}`
      names.set(keys[i], name)
      emitTask(module, name, space, relaxed)
    })
    return names.size === 0 ? null : { code: module.toBytes(), names }
  }
  const add = ({ names, code }: Batch, taskOf: (name: string) => TeamTask): void => {
    const codeBytes = Math.ceil(code.byteLength / names.size)
    for (const [key, name] of names) cache.set(key, { task: taskOf(name), codeBytes })
  }
  const addOwn = (batch: Batch, module: WebAssembly.Module): void => {
    const exports = team.own(module)
    add(batch, (name) => ({ call: exports[name] as Task }))
  }
  const finish = (spaces: readonly Space[], keys: readonly string[]): CompiledLoop[] => {
    const compiled = spaces.map((space, i) => describe(space, cache.get(keys[i])!))
    for (const key of cache.keys()) {
      if (cache.size <= MOST_CACHED) break
      cache.delete(key)
    }
    return compiled
  }
  return {
    async compile(kernels) {
      const spaces = kernels.map((k) => tiled(spaceOf(k)))
      const keys = spaces.map(keyOf)
      const own = emit(spaces, keys, (space, cached) => !cached && isOwn(space))
      const shared = emit(spaces, keys, (space, cached) => cached?.task.number === undefined && !isOwn(space))
      if (own) addOwn(own, await WebAssembly.compile(own.code))
      if (shared) {
        const tasks = await team.load(await WebAssembly.compile(shared.code), [...shared.names.values()])
        add(shared, (name) => tasks[name])
      }
      return finish(spaces, keys)
    },
    compileSync(kernels) {
      const spaces = kernels.map((k) => tiled(spaceOf(k)))
      const keys = spaces.map(keyOf)
      const own = emit(spaces, keys, (_, cached) => !cached)
      if (own) addOwn(own, new WebAssembly.Module(own.code))
      return finish(spaces, keys)
    },
  }
}

/** Adds a kernel and the task that runs a chunk of it. */
function emitTask(module: Module, name: string, space: Space, relaxed: boolean): void {
  const kernel = emitKernel(module, name, space, relaxed)
  const outerSize = product(space.outer)
  module.func({ name, params: ['i32', 'i32', 'i32'], export: true }, (f) => {
    const [descriptor, chunk] = f.params
    const grain = f.let(i32.load(descriptor))
    const begin = f.let(i32.mul(chunk, grain))
    const end = f.let(i32.add(begin, grain))
    f.if(i32.gtU(end, outerSize), () => f.set(end, outerSize))
    f.do(kernel.call(i32.add(descriptor, 4), begin, end))
  })
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

function describe(space: Space, compiled: Compiled): CompiledLoop {
  const { outer, inner, affines, slots, phases } = space
  const elements = Math.max(1, product(inner))
  const count = (code: readonly Instruction[]): number => code.reduce((sum, i) => sum + (isCostly(i) ? COSTLY : 1), 0)
  return {
    ...compiled,
    elements,
    outerSize: product(outer),
    row: strategyOf(space).axis === 'outer' ? (outer.at(-1) ?? 1) : 1,
    operations: phases.reduce((sum, { over, code }) => sum + count(code) * (over === 'inner' ? elements : 1), 0),
    table: affines.flatMap(({ slot, offset }) => (slot < 0 ? [] : [{ buffer: slots[slot], byteOffset: offset }])),
  }
}
