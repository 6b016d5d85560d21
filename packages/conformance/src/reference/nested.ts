import type { Cond, Nested, Scan, Step } from '@gradloom/core'
import { freshMemory, type Memory } from './buffer.ts'

export type Run = (memories: readonly Memory[]) => void
type Compile = (step: Step) => Run

/** A nested plan at a position. Its arena is memory of its own, unwritten each time, like that of a whole plan. */
function compileNested(
  { plan, places }: Nested,
  compile: Compile,
): (memories: readonly Memory[], position: number) => void {
  const steps = plan.steps.map(compile)
  return (memories, position) => {
    const inner = plan.buffers.map((b): Memory => {
      if (b.kind === 'arena') return freshMemory(b.dtype, b.size)
      const { buffer, first, count } = places[b.input]
      const { data, written } = memories[buffer]
      const from = b.size * ((position + first) % count)
      return { data: data.subarray(from, from + b.size), written: written.subarray(from, from + b.size) }
    })
    for (const run of steps) run(inner)
  }
}

/** A scan as a function on memories. */
export function compileScan(step: Scan, compile: Compile): Run {
  const { length, reverse } = step
  const run = compileNested(step, compile)
  return (memories) => {
    for (let i = 0; i < length; i++) run(memories, reverse ? length - 1 - i : i)
  }
}

/** A cond as a function on memories. */
export function compileCond({ predicate, branches }: Cond, compile: Compile): Run {
  const [whenTrue, whenFalse] = branches.map((branch) => compileNested(branch, compile))
  return (memories) => (memories[predicate].data[0] ? whenTrue : whenFalse)(memories, 0)
}
