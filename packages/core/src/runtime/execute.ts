import type { Backend, Bindings, DeviceBuffer, Executable } from '../plan/backend.ts'
import type { PlanOutput } from '../plan/plan.ts'
import type { TypedArray } from '../dtype.ts'
import { ambient } from '../graph/ambient.ts'
import type { Prepared, PreparedPart } from './planCache.ts'

/** A value on the host, or on the backend that made it. */
export type Given = TypedArray | DeviceBuffer
/** Values of a run by number. */
export type Values = Map<number, Value>

export interface Value {
  readonly given: Given
  readonly backend: Backend
  readonly output: PlanOutput
}

/** Runs a part, by a tool that has put itself around what runs. */
export const runPart = (
  part: PreparedPart,
  inputs: Bindings,
  keep: readonly boolean[],
): ReturnType<Executable['run']> =>
  ambient.onRun ? ambient.onRun(part, inputs, keep) : part.executable.run(inputs, keep)

const isHost = (given: Given): given is TypedArray => ArrayBuffer.isView(given)

/** What a part's leaves and constants are bound to; a promise for what has to come from another backend. */
export type Bind = (part: PreparedPart, input: number) => Given | Promise<Given>

/** Looks at what a program gave before anything is made of it. */
export type Verify = (values: Values) => Promise<void>

/**
 * Runs the parts of a program one after another, and moves values between backends. Resolves to the values that are
 * results or updates; the updates and, with `keep`, the results are on a device. Where a part or `verify` fails nothing
 * is kept.
 */
export async function executeParts(
  { parts, results, updates }: Prepared,
  bind: Bind,
  keep: boolean,
  verify?: Verify,
): Promise<Values> {
  const values: Values = new Map()
  const ends = new Set([...results, ...updates.map((u) => u.value)])
  const stays = new Set([...(keep ? results : []), ...updates.map((u) => u.value)])
  const readLater = (value: number, from: number, backend: Backend): boolean =>
    parts.slice(from).some((p) => p.backend === backend && p.slots.some((s) => 'value' in s && s.value === value))
  const on = async (value: number, backend: Backend): Promise<Given> => {
    const { given, backend: from } = values.get(value)!
    return isHost(given) || from === backend ? given : from.download(given)
  }
  const release = (isDone: (value: number) => boolean): void => {
    for (const [value, { given }] of values) {
      if (!isDone(value)) continue
      if (!isHost(given)) given.dispose()
      values.delete(value)
    }
  }
  try {
    for (const [i, part] of parts.entries()) {
      const { backend, plan, slots, gives } = part
      const inputs: Given[] = []
      for (const [k, slot] of slots.entries())
        inputs.push('value' in slot ? await on(slot.value, backend) : await bind(part, k))
      const kept = gives.map((value) => stays.has(value) || readLater(value, i + 1, backend))
      const given = await runPart(part, inputs, kept)
      given.forEach((g, k) => values.set(gives[k], { given: g, backend, output: plan.outputs[k] }))
    }
    await verify?.(values)
  } catch (error) {
    release(() => true)
    throw error
  }
  release((value) => !ends.has(value))
  return values
}
