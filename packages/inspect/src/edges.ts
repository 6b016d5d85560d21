import { sizeOf, type Plan, type Step } from '@gradloom/core'
import { accessOf, nestedOf } from '@gradloom/core/extend'
import { bytesOf } from './facts.ts'

/** Values on their way: `i0` is the first input of the plan, `s0` its first step, `o0` its first output. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly bytes: number
}

/** How many elements of a buffer a step writes, where it may leave others as they are. */
function writtenElements(step: Step, buffer: number): number {
  if (step.type !== 'loop') return nestedOf(step).length ? 0 : Infinity
  const { outer, inner, phases } = step
  const each = phases.map(({ over, write }) => {
    const count = write.filter((w) => w.access.buffer === buffer).length
    return count * sizeOf(outer) * (over === 'inner' ? sizeOf(inner) : 1)
  })
  return each.reduce((sum, n) => sum + n, 0)
}

/** What is read, from who wrote it last, to who reads it. Several steps may have written parts of one buffer. */
export function edgesOf(plan: Plan): Edge[] {
  const { steps, inputs, outputs, buffers } = plan
  const writers = new Map<number, string[]>(inputs.map(({ buffer }, i) => [buffer, [`i${i}`]]))
  const edges = new Map<string, Edge>()
  const add = (buffer: number, to: string): void => {
    for (const from of writers.get(buffer) ?? []) {
      if (from === to) continue
      const bytes = (edges.get(`${from} ${to}`)?.bytes ?? 0) + bytesOf(plan, buffer)
      edges.set(`${from} ${to}`, { from, to, bytes })
    }
  }
  steps.forEach((step, i) => {
    const { reads, writes, nests } = accessOf(step)
    // A nested plan may go on from what it writes.
    for (const b of new Set(nests.length ? [...reads, ...writes] : reads)) add(b, `s${i}`)
    for (const b of new Set(writes)) {
      const isWhole = writtenElements(step, b) >= buffers[b].size
      writers.set(b, [...(isWhole ? [] : (writers.get(b) ?? [])), `s${i}`])
    }
  })
  outputs.forEach(({ buffer }, i) => add(buffer, `o${i}`))
  return [...edges.values()]
}
