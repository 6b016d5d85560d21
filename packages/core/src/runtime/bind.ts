import type { Backend } from '../plan/backend.ts'
import { Tensor } from '../graph/tensor.ts'
import { missingFeed } from '../compile/missingFeed.ts'
import type { PlaceholderAttrs, ValueAttrs } from '../ops/leaf.ts'
import type { Bind, Given } from './execute.ts'
import { checkFeed, type Feeds } from './feeds.ts'
import type { Prepared, PreparedPart } from './planCache.ts'
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
  const read = slots.flatMap((slot) => ('leaf' in slot ? [leaves[slot.leaf].node] : []))
  return [...new Set(read.filter(isVariable).map(variableOf))]
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
