import { SettingError, type Blame, type CompiledStep, type Feed, type NaNError, type Results } from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'
import { withText } from './text.ts'

/** The first NaN or infinity of a call, and what made it, as plain data; `String(it)` is a sentence. */
export interface FoundNaN extends Blame {
  toString(): string
}

/**
 * Looks for the first op that makes a NaN of numbers, or an infinity, in a call of a step: its scope and pass, where in
 * its result it is, and the ranges of its inputs; null where results and new values of variables are finite. Ops within
 * one kernel, a `scan` or a branch are told apart. The runtime needs no `debugNaN`; the call changes no variable, is
 * not counted by `step.runs`, and draws as the next one will. A NaN that was given is told with its placeholder or
 * variable as the `leaf`; infinities that were given count as meant.
 * @throws SettingError for what is no compiled step, NaNError where no op made what is there, what the step throws
 * @example const found = await findNaN(step, { images, labels }); if (found) console.log(found.scope, String(found))
 */
export async function findNaN(
  step: CompiledStep<Results>,
  feeds: { readonly [name: string]: Feed } = {},
): Promise<FoundNaN | null> {
  if (typeof step !== 'function' || typeof step.plans !== 'function')
    throw new SettingError('findNaN: a compiled step required; make one by env.compile((ctx) => ...)')
  try {
    await probing(() => step(feeds))
    return null
  } catch (error) {
    const { blame, message } = error as NaNError
    if (!blame) throw error
    return withText({ ...blame }, () => message)
  }
}

/** The run that `call` asks for, and no other that goes on meanwhile. */
function probing<T>(call: () => Promise<T>): Promise<T> {
  const before = ambient.isProbing
  ambient.isProbing = true
  try {
    return call()
  } finally {
    ambient.isProbing = before
  }
}
