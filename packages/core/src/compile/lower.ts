import { KernelError } from '../errors.ts'
import type { Node } from '../graph/node.ts'
import { inScope } from '../graph/origin.ts'
import type { Tensor } from '../graph/tensor.ts'
import { canRun } from './assign.ts'
import type { Target } from './program.ts'

/** The decomposition of what no target can run as it is. @throws KernelError where there is none */
export const lowering =
  (targets: readonly Target[]) =>
  (node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined => {
    const { op, attrs } = node
    if (targets.some((target) => canRun(target, node, inputs))) return undefined
    const where = inScope(node.origin)
    if (op.form.kind === 'kernel' && op.decompose) return [op.decompose(inputs, attrs)].flat()
    throw new KernelError(targets.map((target) => `${op.name}: ${lack(target, node)}${where}`).join('\n'))
  }

/** Why a target cannot run a node, and what to do. */
function lack({ name, capabilities, kernels }: Target, { op, inputs, outputs }: Node): string {
  const missing = [...outputs, ...inputs].find((t) => !capabilities.dtypes.includes(t.dtype))
  if (missing) return `backend ${name} has no ${missing.dtype}; cast, or add a backend that has it`
  const own = capabilities.kernels.includes(op.name) || kernels.has(op.name)
  return own
    ? `backend ${name} cannot run all of its body; add a backend that can`
    : `backend ${name} has no kernel for ${outputs[0].dtype}; add a backend or plugin that has one`
}
