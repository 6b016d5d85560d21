import { hasRelaxedSimd, type Module, type Real, type Task } from '@gradloom/blas-wasm'
import { createCallList, emitReplay, type CallList } from '../threads/calls.ts'
import type { Team, TeamTask } from '../threads/team.ts'

export type WasmExports = Readonly<Record<string, (...args: readonly number[]) => void>>
/** Adds the functions of a module for one real type. */
export type EmitModule = (m: Module, type: Real, relaxed: boolean) => void

/** Modules of kernels on one memory, made when the first plan needs them. */
export interface WasmModules {
  readonly team: Team
  /** What the functions that `get` gives write down where there are helpers, instead of doing it. */
  readonly calls: CallList
  get<E extends WasmExports>(emit: EmitModule, type: Real): E
  /** Loads on the helpers what they do not have yet. */
  share(): Promise<void>
}

export function createModules(team: Team): WasmModules {
  const made = new Map<EmitModule, Map<Real, WasmExports>>()
  const calls = createCallList(team.memory)
  let unshared: (() => Promise<void>)[] = []
  const make = (emit: EmitModule, type: Real): WasmExports => {
    const m = team.module()
    emit(m, type, hasRelaxedSimd())
    const functions = [...m.exported]
    if (team.threads > 1) emitReplay(m)
    const module = new WebAssembly.Module(m.toBytes())
    const exports = team.own(module)
    if (team.threads === 1) return exports as WasmExports
    let task: TeamTask = { call: exports.replay as Task }
    const replay = (): TeamTask => task
    unshared.push(async () => {
      task = (await team.load(module, ['replay'])).replay
    })
    return Object.fromEntries(
      functions.map(([name, { params }], index) => {
        const to = { index, params, replay }
        return [name, (...args: readonly number[]) => calls.add(to, args)]
      }),
    )
  }
  return {
    team,
    calls,
    get: <E extends WasmExports>(emit: EmitModule, type: Real): E => {
      const byType = made.get(emit) ?? new Map<Real, WasmExports>()
      made.set(emit, byType)
      const have = byType.get(type) ?? make(emit, type)
      byType.set(type, have)
      return have as E
    },
    share: async () => {
      const load = unshared
      unshared = []
      try {
        await Promise.all(load.map((share) => share()))
      } catch (error) {
        unshared.push(...load)
        throw error
      }
    },
  }
}
