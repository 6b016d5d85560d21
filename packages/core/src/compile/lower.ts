import { KernelError } from '../errors.ts'
import { decomposed } from '../graph/decomposed.ts'
import type { Form } from '../graph/form.ts'
import { makeNode, type Node } from '../graph/node.ts'
import { inScope } from '../graph/origin.ts'
import type { Tensor } from '../graph/tensor.ts'
import { cast } from '../ops/cast.ts'
import { canRun } from './assign.ts'
import type { Target } from './program.ts'

const isHalf = (t: Tensor): boolean => t.dtype === 'float16'
const widened = (t: Tensor): Tensor => (isHalf(t) ? cast(t, 'float32') : t)
/** Whether an op meets float16 as float32. The graphs of a kernel that has some are lowered by themselves. */
const widens = (form: Form<unknown>): boolean =>
  form.kind === 'reduce' || form.kind === 'contract' || (form.kind === 'kernel' && !form.graphs)

function widely(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const wide = makeNode(node.op, inputs.map(widened), node.attrs, node)
  return wide.outputs.map((t, i) => cast(t, node.outputs[i].dtype))
}

/** What accumulates, or has a kernel of its own, works in float32 where it is given float16, and its results are
 * rounded: backends have float16 in memory and in formulas. Else the decomposition of what no target can run as it is.
 * @throws KernelError where there is none; ShapeError, DTypeError where it is not what the op infers */
export const lowering =
  (targets: readonly Target[]) =>
  (node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined => {
    const { op } = node
    if (inputs.some(isHalf) && widens(op.form)) return widely(node, inputs)
    for (const target of targets) if (canRun(target, node, inputs)) return undefined
    if (op.form.kind === 'kernel' && op.decompose) return decomposed(node, inputs)
    return refuse(targets, node)
  }

/** @throws KernelError */
function refuse(targets: readonly Target[], node: Node): never {
  const where = inScope(node.origin)
  throw new KernelError(targets.map((target) => `${node.op.name}: ${lack(target, node)}${where}`).join('\n'))
}

/** Why a target cannot run a node, and what to do. */
function lack({ name, capabilities, kernels }: Target, { op, inputs, outputs }: Node): string {
  const missing = [...outputs, ...inputs].find((t) => !capabilities.dtypes.includes(t.dtype))
  if (missing) return `backend ${name} has no ${missing.dtype}; cast, or add a backend that has it`
  const own = capabilities.kernels.includes(op.name) || kernels.has(op.name)
  return own
    ? `backend ${name} cannot run all of its body; add a backend that can`
    : `backend ${name} has no kernel for this op; add its plugin to the runtime, or a backend that has one; ` +
        'see rt.unavailable'
}
