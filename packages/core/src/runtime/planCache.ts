import type { Backend, Executable } from '../plan/backend.ts'
import type { Plan } from '../plan/plan.ts'
import type { VariableUpdate } from '../compile/program.ts'
import type { Tensor } from '../graph/tensor.ts'

/** What a plan input is bound to: a leaf of the program's structure by position, a constant that a decomposition made,
 * or a value that an earlier part gave. */
export type Slot = { readonly leaf: number } | { readonly constant: Tensor } | { readonly value: number }

/** A part of a program, ready on its backend. */
export interface PreparedPart {
  readonly backend: Backend
  readonly plan: Plan
  readonly executable: Executable
  /** By plan input. */
  readonly slots: readonly Slot[]
  readonly gives: readonly number[]
}

/** A program, ready to run. */
export interface Prepared {
  readonly parts: readonly PreparedPart[]
  readonly results: readonly number[]
  readonly updates: readonly { readonly variable: VariableUpdate['variable']; readonly value: number }[]
}

/** Bytes that kept plans may hold besides the backends' arenas, and how many may be kept: enough for the programs of a
 * session, few enough to bound what they hold. */
const MAX_BYTES = 256e6
export const MAX_PREPARED = 512
/** What a step of a plan takes in objects: an estimate, as engines do not tell. */
const BYTES_PER_STEP = 4096

const byteLengthOf = ({ parts }: Prepared): number =>
  parts.reduce((sum, { executable, plan }) => sum + executable.byteLength + plan.steps.length * BYTES_PER_STEP, 0)

const disposeOf = ({ parts }: Prepared): void => {
  for (const { executable } of parts) executable.dispose()
}

/** Prepared programs by structure. Those not used for longest go first where they are too many or too heavy. */
export interface PlanCache {
  get(key: string): Prepared | undefined
  /** Keeps a program; `isBusy` ones stay. */
  add(key: string, program: Prepared): void
  /** Lets go of all that are not busy. Whether there were any. */
  clearIdle(): boolean
  clear(): void
}

export function createPlanCache(isBusy: (key: string) => boolean): PlanCache {
  // Maps keep their order, so that the one not used for longest comes first.
  const programs = new Map<string, Prepared>()
  let byteLength = 0
  let latest = ''
  const remove = (key: string, program: Prepared): void => {
    programs.delete(key)
    byteLength -= byteLengthOf(program)
    disposeOf(program)
  }
  return {
    get(key) {
      const program = programs.get(key)
      if (program && key !== latest) {
        programs.delete(key)
        programs.set(key, program)
        latest = key
      }
      return program
    },
    add(key, program) {
      programs.set(key, program)
      latest = key
      byteLength += byteLengthOf(program)
      for (const [oldest, old] of programs) {
        if (programs.size <= MAX_PREPARED && byteLength <= MAX_BYTES) return
        if (oldest !== key && !isBusy(oldest)) remove(oldest, old)
      }
    },
    clearIdle() {
      const idle = [...programs].filter(([key]) => !isBusy(key))
      for (const [key, program] of idle) remove(key, program)
      return idle.length > 0
    },
    clear() {
      for (const [key, program] of programs) remove(key, program)
    },
  }
}
