import type { Backend, DeviceBuffer } from '../plan/backend.ts'
import type { PlanOutput } from '../plan/plan.ts'
import type { Evaluates } from '../graph/ambient.ts'
import { apply } from '../graph/apply.ts'
import { Tensor } from '../graph/tensor.ts'
import { missingFeed } from '../compile/missingFeed.ts'
import { hostArray, type HostArray } from '../host.ts'
import { valueOp, type PlaceholderAttrs, type ValueAttrs } from '../ops/leaf.ts'
import type { Bind, Given } from './execute.ts'
import { checkFeed, type Feeds } from './feeds.ts'
import type { Prepared, PreparedPart } from './planCache.ts'
import type { Queue } from './queue.ts'
import type { Structure } from './structure.ts'
import { isVariable, variableOf, type Variable } from './variable.ts'

/** What binds the inputs of a program's parts to feeds, variables and constants. */
export const bindInputs =
  ({ leaves }: Structure, feeds: Feeds): Bind =>
  ({ plan, slots, backend }, input) => {
    const { kind, name } = plan.inputs[input]
    const slot = slots[input]
    const { node, memo } = 'leaf' in slot ? leaves[slot.leaf] : (slot as { readonly constant: Tensor }).constant
    if (kind === 'variable') return variableOf(node).buffer(backend)
    if (kind === 'feed') {
      const attrs = node.attrs as PlaceholderAttrs
      const fed = checkFeed(attrs, feeds.get(name) ?? missingFeed(attrs))
      return fed instanceof Tensor ? valueOn(backend, fed) : fed.data
    }
    return valueOn(backend, { node, memo })
  }

/** A known value, from where it lies. */
function valueOn(backend: Backend, { node, memo }: Pick<Tensor, 'node' | 'memo'>): Given | Promise<Given> {
  const attrs = node.attrs as ValueAttrs
  const { device, backend: home } = node.op.form.kind === 'leaf' ? attrs : ({} as ValueAttrs)
  if (!device) return (memo ?? attrs.host)!.data
  return home === undefined || home === backend ? device : home.download(device)
}

/** The variables that a part reads or writes. */
export function variablesOf({ leaves }: Structure, { slots }: PreparedPart): Variable[] {
  const found = new Set<Variable>()
  for (const slot of slots) {
    if (!('leaf' in slot)) continue
    const { node } = leaves[slot.leaf]
    if (isVariable(node)) found.add(variableOf(node))
  }
  return [...found]
}

/** Whether a program is of one part, and all that it is bound to lies where that runs: it has nothing to wait for. */
export const isReady = ({ leaves }: Structure, { parts: [part, ...rest] }: Prepared, feeds: Feeds): boolean =>
  !rest.length &&
  part.slots.every((slot) => {
    const node = 'leaf' in slot ? leaves[slot.leaf].node : null
    if (node?.op.form.kind !== 'leaf') return true
    if (isVariable(node)) return variableOf(node).isOn(part.backend)
    const fed = feeds.get((node.attrs as PlaceholderAttrs).name)
    const { device, backend } = (fed instanceof Tensor ? fed.node : node).attrs as ValueAttrs
    return !device || backend === part.backend
  })

/** Marks the variables that a part is about to write. */
export function markWritten({ leaves }: Structure, { plan, slots, backend }: PreparedPart): void {
  plan.inputs.forEach(({ written }, i) => {
    const slot = slots[i]
    if (written && 'leaf' in slot) variableOf(leaves[slot.leaf].node).wrote(backend)
  })
}

/** What a run gives for an output: a host array, or a tensor of a value that stays on its device. */
export function resultOf(
  given: Given,
  { shape, dtype }: PlanOutput,
  backend: Backend,
  owner: Evaluates,
  { inTurn }: Queue,
): HostArray | Tensor {
  if (ArrayBuffer.isView(given)) return hostArray(given, shape, dtype)
  const device = given as DeviceBuffer
  const free = (): void => {
    inTurn(() => device.dispose())
  }
  return apply(valueOp, [], { shape, dtype, device, owner, backend, free })
}
