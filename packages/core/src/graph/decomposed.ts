import { DTypeError, ShapeError } from '../errors.ts'
import { agree } from '../shape.ts'
import { demandTensors } from './apply.ts'
import { describe } from './meta.ts'
import type { Node } from './node.ts'
import type { Tensor } from './tensor.ts'

/** What a node's op, on inputs of known shapes, is made of.
 * @throws ShapeError, DTypeError where that is not what the op infers, sizes that were not known then may be any;
 * SettingError for what is no tensor */
export function decomposed({ op, attrs, outputs }: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const given = [op.decompose!(inputs, attrs)].flat()
  demandTensors(op.name, given)
  const hasShapes = given.length === outputs.length && given.every((t, i) => agree(t.shape, outputs[i].shape))
  if (hasShapes && given.every((t, i) => t.dtype === outputs[i].dtype)) return given
  const all = (list: readonly Tensor[]): string => list.map(describe).join(' and ')
  throw new (hasShapes ? DTypeError : ShapeError)(
    `${op.name}: infer says ${all(outputs)}, decompose gives ${all(given)}; make them the same`,
  )
}
