import { KernelError } from '../errors.ts'
import type { Capabilities } from '../backend.ts'
import type { Op } from '../op.ts'
import type { Node, Tensor } from '../tensor.ts'

/** Whether an op says what it computes, so that no kernel of its name is needed. */
export const isDescribed = (op: Op<never>): boolean =>
  Boolean(op.leaf || op.expr || op.view || op.reduction || op.contraction || op.assemble || op.literal || op.index)

/** The decomposition of what a backend has no kernel for. @throws KernelError where there is neither */
export const lowering = (name: string, { dtypes, kernels }: Pick<Capabilities, 'dtypes' | 'kernels'>, plugged: ReadonlyMap<string, unknown>) =>
  ({ op, attrs, outputs, scope }: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined => {
    for (const t of outputs) {
      if (!dtypes.includes(t.dtype)) throw new KernelError(`${op.name}: backend ${name} has no ${t.dtype}; cast, or add a backend that has`)
    }
    if (isDescribed(op as Op<never>) || kernels.includes(op.name) || plugged.has(op.name)) return undefined
    if (!op.decompose) {
      throw new KernelError(`${op.name}: backend ${name} has no kernel for ${outputs[0].dtype}${scope && ` in ${scope}`}; add a backend or plugin that has one`)
    }
    const out = op.decompose(inputs, attrs)
    return Array.isArray(out) ? (out as readonly Tensor[]) : [out as Tensor]
  }
