import { KernelError } from '../errors.ts'
import type { Capabilities } from '../plan/backend.ts'
import type { Node, Tensor } from '../graph/tensor.ts'
import { kindOf } from './demand.ts'

/** The decomposition of what a backend has no kernel for. @throws KernelError where there is neither */
export const lowering =
  (
    name: string,
    { dtypes, kernels }: Pick<Capabilities, 'dtypes' | 'kernels'>,
    plugged: ReadonlyMap<string, unknown>,
  ) =>
  ({ op, attrs, outputs, scope }: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined => {
    for (const t of outputs) {
      if (!dtypes.includes(t.dtype))
        throw new KernelError(`${op.name}: backend ${name} has no ${t.dtype}; cast, or add a backend that has`)
    }
    if (kindOf(outputs[0]) !== 'kernel' || kernels.includes(op.name) || plugged.has(op.name)) return undefined
    if (!op.decompose) {
      throw new KernelError(
        `${op.name}: backend ${name} has no kernel for ${outputs[0].dtype}${scope && ` in ${scope}`}; add a ` +
          `backend or plugin that has one`,
      )
    }
    return [op.decompose(inputs, attrs)].flat()
  }
