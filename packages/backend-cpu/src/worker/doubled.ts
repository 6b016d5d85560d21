import type { Nested, Plan, PlanBuffer, PlanInput, Step } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'

/** A plan that leaves the values that it updates alone: it has a second input for each, which it writes instead. */
export interface Doubled {
  readonly plan: Plan
  /** For each of the inputs that were added, the one that it is the next value of. */
  readonly sources: readonly number[]
}

/** Reads see the old value until the step that writes, and the new one after; in that step, until the phase that
 * writes. */
export function doubled({ buffers, inputs, outputs, steps, arenaBytes }: Plan): Doubled {
  const sources = inputs.flatMap(({ written, buffer }, i) =>
    written && steps.some((s) => writes(s, buffer)) ? [i] : [],
  )
  const next = new Map(sources.map((input, k) => [inputs[input].buffer, buffers.length + k]))
  const current = new Map<number, number>()
  const now = (buffer: number): number => current.get(buffer) ?? buffer
  const then = (buffer: number): number => next.get(buffer) ?? buffer
  const moved = steps.map((step) => {
    const result = redirected(step, now, then)
    for (const [buffer, to] of next) if (writes(step, buffer)) current.set(buffer, to)
    return result
  })
  const added = sources.map((i): PlanInput => ({ ...inputs[i], buffer: then(inputs[i].buffer) }))
  return {
    sources,
    plan: {
      arenaBytes,
      steps: moved,
      buffers: [
        ...buffers,
        ...sources.map((i, k): PlanBuffer => ({
          ...buffers[inputs[i].buffer],
          kind: 'input',
          input: inputs.length + k,
        })),
      ],
      inputs: [...inputs.map((input, i) => (sources.includes(i) ? { ...input, written: false } : input)), ...added],
      outputs: outputs.map((o) => ({ ...o, buffer: now(o.buffer) })),
    },
  }
}

const writes = (step: Step, buffer: number): boolean => accessOf(step).writes.includes(buffer)

/** The step with reads through `now` and writes through `then`. */
function redirected(step: Step, now: (buffer: number) => number, then: (buffer: number) => number): Step {
  const by =
    (to: (buffer: number) => number) =>
    <T extends { readonly buffer: number }>(x: T): T => ({ ...x, buffer: to(x.buffer) })
  const old = by(now)
  const fresh = by(then)
  if (step.type === 'contraction') return { ...step, a: old(step.a), b: old(step.b), out: then(step.out) }
  if (step.type === 'kernel') return { ...step, inputs: step.inputs.map(old), outputs: step.outputs.map(fresh) }
  const nested = <T extends Nested>(n: T): T => ({
    ...n,
    places: n.places.map((p, i) => (n.plan.inputs[i].written ? fresh(p) : old(p))),
  })
  if (step.type === 'scan') return nested(step)
  if (step.type === 'cond')
    return { ...step, predicate: now(step.predicate), branches: [nested(step.branches[0]), nested(step.branches[1])] }
  const reads = step.reads.map(old)
  const written = new Set<number>()
  const again = new Map<number, number>()
  const phases = step.phases.map((phase) => {
    const code = phase.code.map((c) => {
      if (c.op !== 'read' || !written.has(step.reads[c.read].buffer)) return c
      const read = again.get(c.read) ?? reads.push(fresh(step.reads[c.read])) - 1
      again.set(c.read, read)
      return { ...c, read }
    })
    for (const w of phase.write) written.add(w.access.buffer)
    return { ...phase, code, write: phase.write.map((w) => ({ ...w, access: fresh(w.access) })) }
  })
  return { ...step, reads, phases }
}
