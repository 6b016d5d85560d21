import type { Nested, Step } from './plan.ts'

/** What a step touches; numbers are buffers of its plan. */
export interface StepAccess {
  readonly reads: readonly number[]
  /** Results, and memory that it owns for its time: the arenas of nested plans. */
  readonly writes: readonly number[]
  /** Plans that it runs. */
  readonly nests: readonly Nested[]
}

/** What a step reads, writes, and runs. A buffer may be listed more than once. */
export function accessOf(step: Step): StepAccess {
  const reads: number[] = []
  const writes: number[] = []
  const nests = nestedOf(step)
  visitStep(
    step,
    (b) => reads.push(b),
    (b) => writes.push(b),
  )
  return { reads, writes, nests }
}

/** The plans that a step runs. */
export function nestedOf(step: Step): readonly Nested[] {
  if (step.type === 'scan') return [step]
  return step.type === 'cond' ? step.branches : []
}

/** Calls `read` and `write` for each buffer that a step reads and writes. */
function visitStep(step: Step, read: (buffer: number) => void, write: (buffer: number) => void): void {
  switch (step.type) {
    case 'loop':
      for (const { buffer } of step.reads) read(buffer)
      for (const phase of step.phases) for (const { access } of phase.write) write(access.buffer)
      return
    case 'contraction':
      read(step.a.buffer)
      read(step.b.buffer)
      write(step.out)
      return
    case 'kernel':
      for (const { buffer } of step.inputs) read(buffer)
      for (const { buffer } of step.outputs) write(buffer)
      return
    case 'cond':
      read(step.predicate)
  }
  for (const { plan, places, arena } of nestedOf(step)) {
    write(arena)
    places.forEach(({ buffer }, i) => (plan.inputs[i].written ? write(buffer) : read(buffer)))
  }
}

/** The step with other numbers for the buffers that it reads and writes. */
export function renumbered(step: Step, read: (buffer: number) => number, write: (buffer: number) => number): Step {
  const source = <T extends { readonly buffer: number }>(x: T): T => ({ ...x, buffer: read(x.buffer) })
  const target = <T extends { readonly buffer: number }>(x: T): T => ({ ...x, buffer: write(x.buffer) })
  const nested = <T extends Nested>(n: T): T => ({
    ...n,
    arena: write(n.arena),
    places: n.places.map((p, i) => (n.plan.inputs[i].written ? target(p) : source(p))),
  })
  switch (step.type) {
    case 'loop': {
      const phases = step.phases.map((p) => ({ ...p, write: p.write.map((w) => ({ ...w, access: target(w.access) })) }))
      return { ...step, reads: step.reads.map(source), phases }
    }
    case 'contraction':
      return { ...step, a: source(step.a), b: source(step.b), out: write(step.out) }
    case 'kernel':
      return { ...step, inputs: step.inputs.map(source), outputs: step.outputs.map(target) }
    case 'scan':
      return nested(step)
    case 'cond': {
      const [whenTrue, whenFalse] = step.branches
      return { ...step, predicate: read(step.predicate), branches: [nested(whenTrue), nested(whenFalse)] }
    }
  }
}
