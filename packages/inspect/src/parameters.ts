import { Tensor, type Node, type TensorLike, type Tree } from '@gradloom/core'
import { leavesOf } from '@gradloom/core/extend'
import type { SummarizedParameter } from './summary.ts'

/** What can be applied, such as a `model` of nn; `parameters` are tensors in lists and records, nested at will. */
export interface SummarizedModel {
  readonly parameters?: Tree
  apply(x: TensorLike): Tensor
}

/** The parameters of a model by their nodes, named by their path; variables have names of their own. */
export function namesOf({ parameters }: SummarizedModel): Map<Node, SummarizedParameter> {
  const names = new Map<Node, SummarizedParameter>()
  for (const [path, t] of leavesOf(parameters, '')) {
    if (!(t instanceof Tensor)) continue
    const { name = path.slice(1).replaceAll('.', '/'), isState = false } = (t.node.attrs ?? {}) as {
      readonly name?: string
      readonly isState?: boolean
    }
    names.set(t.node, { name, dtype: t.dtype, shape: [...t.shape], isState })
  }
  return names
}
