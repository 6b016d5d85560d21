import { byteSize, type Node, sizeOf, type Tensor } from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'

/** Whether a value of a loop's body is computed again by the backward loop instead of kept for it from all iterations:
 * where a segment within the body says so. A segment around the loop decides on the loop. */
export function isRecomputed(node: Node): boolean {
  const { form } = node.op
  if (form.kind === 'leaf') return false
  const outer = ambient.origin.marks ?? []
  const inner = node.origin.marks?.filter((mark) => !outer.includes(mark)) ?? []
  return inner.some(
    ({ policy }) => !policy.plan && node.outputs.every((t) => policy(residual(t)).endsWith('Recompute')),
  )
}

/** A value by itself: what it costs does not count where it is one of a loop's. */
const residual = (tensor: Tensor) =>
  ({
    tensor,
    byteLength: sizeOf(tensor.shape) * byteSize(tensor.dtype),
    cost: 0,
    origin: tensor.node.origin,
    isRead: true,
    sources: tensor.node.inputs,
    marked: undefined,
  }) as const
