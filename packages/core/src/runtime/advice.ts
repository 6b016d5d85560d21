import type { OutOfMemoryError } from '../errors.ts'
import type { Compiled, Program } from '../compile/program.ts'
import { stretches } from '../compile/stretches.ts'
import type { Meta } from '../graph/meta.ts'
import type { Backend } from '../plan/backend.ts'

/**
 * What advice needs of the rest of core.
 * It is loaded when memory runs out, and were it to import these, bundlers would cut core in two.
 */
export interface Tools {
  readonly OutOfMemoryError: typeof OutOfMemoryError
  compile(program: Program): Compiled
  byteLength(meta: Meta): number
}

/** What plans may take of the room that is left: kernels and tables take some of it, and there are gaps. */
const USABLE = 0.9

/** The error of a program that memory ran out for, with a policy for which it takes less, where one was found. */
export function withAdvice(
  error: OutOfMemoryError,
  program: Program,
  backends: readonly Backend[],
  tools: Tools,
): OutOfMemoryError {
  const plain = tools.compile(program)
  const room = roomFor(plain, backends, tools)
  const { arenaBytes: bytes } = tools.compile({ ...program, policy: stretches(room ?? 0) })
  const { arenaBytes: plainBytes } = plain
  if (bytes >= plainBytes) return error
  const policy = `compile it with { rematerialise: budget(${bytes}) } of @gradloom/checkpoint`
  const small = room !== null && bytes > room ? `; no more than ${Math.max(0, room)} are free: feed less, too` : ''
  return new tools.OutOfMemoryError(
    `${error.message}; ${policy}, and its plan takes ${bytes} bytes in place of ${plainBytes}${small}`,
    { cause: error },
  )
}

/** Bytes that there are for the arena beside variables, feeds, and what else is kept; null where that is not known. */
function roomFor({ parts }: Compiled, backends: readonly Backend[], { byteLength }: Tools): number | null {
  const [{ target, plan }, ...others] = parts
  const backend = backends[target]
  const limit = backend.capabilities.limits?.memory
  if (limit === undefined || others.length) return null
  let variables = 0
  let feeds = 0
  for (const input of plan.inputs) {
    if (input.kind === 'variable') variables += byteLength(input)
    else feeds += byteLength(input)
  }
  return Math.floor(USABLE * (limit - Math.max(variables, backend.memory().buffers) - feeds))
}
