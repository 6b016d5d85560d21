import { byteSize } from '../dtype.ts'
import { OutOfMemoryError } from '../errors.ts'
import { arenasOf, total } from '../compile/pipeline.ts'
import type { Compiled, Program } from '../compile/program.ts'
import { stretches } from '../compile/stretches.ts'
import type { Backend } from '../plan/backend.ts'
import { largestBuffers } from '../plan/largest.ts'
import type { Plan } from '../plan/plan.ts'
import { sizeOf } from '../shape.ts'

export const isOutOfMemory = (error: unknown): error is OutOfMemoryError =>
  (error as Partial<OutOfMemoryError> | null)?.code === 'OUT_OF_MEMORY'

/** The error of what a plan needs beside its arena, which is in the way: with what that takes. */
export const withPlans = (error: unknown, plans: readonly Plan[]): unknown =>
  isOutOfMemory(error)
    ? new OutOfMemoryError([error.message, ...plans.map(largestBuffers)].join('; '), { cause: error })
    : error

/** What plans may take of the room that is left: kernels and tables take some of it, and there are gaps. */
const USABLE = 0.9

/** The error of a program that memory ran out for, with a policy for which it takes less, where one was found; other
 * errors as they are. */
export function withAdvice(
  error: unknown,
  program: Program,
  compile: (program: Program) => Compiled,
  backends: readonly Backend[],
): unknown {
  if (!isOutOfMemory(error)) return error
  const plain = compile(program)
  const room = roomFor(plain, backends)
  const bytes = total(arenasOf(compile({ ...program, policy: stretches(room ?? 0) })))
  const plainBytes = total(arenasOf(plain))
  if (bytes >= plainBytes) return error
  const policy = `compile it with { rematerialise: budget(${bytes}) } of @gradloom/checkpoint`
  const small = room !== null && bytes > room ? `; no more than ${Math.max(0, room)} are free: feed less, too` : ''
  return new OutOfMemoryError(
    `${error.message}; ${policy}, and its plan takes ${bytes} bytes in place of ${plainBytes}${small}`,
    { cause: error },
  )
}

/** Bytes that there are for the arena beside variables, feeds, and what else is kept; null where that is not known. */
function roomFor({ parts }: Compiled, backends: readonly Backend[]): number | null {
  const [{ target, plan }, ...others] = parts
  const backend = backends[target]
  const limit = backend.capabilities.limits?.memory
  if (limit === undefined || others.length) return null
  let variables = 0
  let feeds = 0
  for (const { kind, shape, dtype } of plan.inputs) {
    const byteLength = sizeOf(shape) * byteSize(dtype)
    if (kind === 'variable') variables += byteLength
    else feeds += byteLength
  }
  return Math.floor(USABLE * (limit - Math.max(variables, backend.memory().buffers) - feeds))
}
