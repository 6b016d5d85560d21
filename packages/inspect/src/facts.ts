import { byteSize, type Pass, type Plan, type Step } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'

/** The part of a training step that a step of its plan belongs to: `update` where it writes a variable, else the pass
 * of the last op that it does. */
export type PartName = Pass | 'update'

/** What several tools tell of a step. */
export interface StepFacts {
  /** Its position in the plan. */
  readonly step: number
  readonly type: Step['type']
  /** What it does, in the order in which it does it. */
  readonly ops: readonly string[]
  readonly scope: string
  readonly part: PartName
  /** Variables that it writes in place. */
  readonly updates: readonly string[]
}

export const bytesOf = ({ buffers }: Plan, buffer: number): number =>
  buffers[buffer].size * byteSize(buffers[buffer].dtype)

export function factsOf(plan: Plan, step: number): StepFacts {
  const { type, label, scope, pass = 'forward' } = plan.steps[step]
  const updates = [...new Set(accessOf(plan.steps[step]).writes)].flatMap((b) => {
    const buffer = plan.buffers[b]
    const input = buffer.kind === 'input' ? plan.inputs[buffer.input] : null
    return input?.kind === 'variable' ? [input.name] : []
  })
  const part = updates.length ? 'update' : pass
  return { step, type, ops: label.split('+'), scope, part, updates }
}

/** Items in groups of one key, in the order in which the keys come. */
export function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
