import {
  applyAll,
  cast,
  checkIndices,
  defineOp,
  div,
  equal,
  expandDims,
  mul,
  normalizeAxis,
  notEqual,
  ones,
  ShapeError,
  show,
  squeeze,
  sub,
  sum,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { agree, asIndices, requireShape, upcast } from '@gradloom/core/extend'
import { arange } from '@gradloom/ops'
import { asFloats } from '../asFloats.ts'
import { settings } from '../settings.ts'
import { counted } from './counted.ts'
import { reduce, type ReductionOptions } from './reduction.ts'
import { shifted } from './shifted.ts'
import { smoothed } from './smoothed.ts'

interface Attrs {
  readonly axis: number
  readonly labelSmoothing: number
  readonly ignoreIndex: number | null
}

export interface SparseCrossEntropyOptions extends ReductionOptions {
  /** Where the classes are: the last axis by default; 1 for images [N, C, H, W] with labels [N, H, W]. */
  readonly axis?: number
  /** The share of the target that is spread evenly over all classes. */
  readonly labelSmoothing?: number
  /** Examples with this label count nothing. */
  readonly ignoreIndex?: number
  /** What an example of each class counts, [C]. The mean divides by the sum of what the examples count. */
  readonly weight?: TensorLike
}
/** Results: the loss of each example, and what it counts. */
const crossEntropyOp: Op<Attrs> = defineOp<Attrs>({
  name: 'sparseSoftmaxCrossEntropy',
  infer: ([logits, labels, weight], { axis }) => {
    const shape = logits.shape.filter((_, i) => i !== axis)
    const classes = logits.shape[axis]
    if (!agree(shape, labels.shape))
      throw new ShapeError(
        `sparseSoftmaxCrossEntropy: labels must have the shape of logits without axis ${axis}, got ` +
          `${show(logits.shape, labels.shape)}`,
      )
    if (weight) requireShape('sparseSoftmaxCrossEntropy', 'weight', [classes], weight.shape)
    const known = shape.map((n, i) => Math.max(n, labels.shape[i]))
    return [
      { shape: known, dtype: logits.dtype },
      { shape: known, dtype: logits.dtype },
    ]
  },
  decompose: ([logits, labels, weight], { axis, labelSmoothing, ignoreIndex }) => {
    const classes = logits.shape[axis]
    const along = (t: Tensor): Tensor =>
      expandDims(
        t,
        logits.shape.map((_, i) => i).filter((i) => i !== axis),
      )
    const total = (t: Tensor): Tensor => sum(t, { axis })
    const checked = checkIndices(labels, classes, { ignoreIndex, owner: 'sparseSoftmaxCrossEntropy' })
    const hit = equal(along(arange(classes)), expandDims(checked, axis))
    const kept = ignoreIndex === null ? null : notEqual(checked, ignoreIndex)
    // What is ignored may be anything: NaN there would reach the gradient.
    const seen = kept ? where(expandDims(kept, axis), logits, 0) : logits
    const { z, logSum } = shifted('sparseSoftmaxCrossEntropy', seen, axis)
    const logTotal = squeeze(logSum, axis)
    // A sum over a one-hot choice instead of a gather: the whole loss, and its gradient, is one row kernel.
    const picked = sub(logTotal, total(where(hit, z, 0)))
    const own = weight ? total(where(hit, along(weight), 0)) : ones(labels.shape, logits)
    let loss = weight ? counted(own, picked) : picked
    if (labelSmoothing) {
      const all = weight
        ? sub(mul(logTotal, sum(weight)), total(counted(along(weight), z)))
        : sub(mul(logTotal, classes), total(z))
      loss = smoothed(loss, div(all, classes), labelSmoothing)
    }
    return kept ? [where(kept, loss, 0), where(kept, own, 0)] : [loss, own]
  },
})

/** Cross-entropy of integer labels under softmax(logits): -log softmax(logits)[label] for each example.
 *
 * With smoothing e and weights w, as PyTorch: (1 - e) w[label] l[label] + e / C sum over c of w[c] l[c], l = -log
 * softmax.
 * Logits `[..., C]`, labels `[...]` int32; result `[...]`, or a scalar under `reduction` 'mean' (divided by the sum of
 * the weights of the kept examples) or 'sum'. Logits of +-1000 are safe; the gradient is softmax(logits) - target.
 * @throws ShapeError, DTypeError; IndexError while running for a label outside [0, C) that is not `ignoreIndex`
 * @example sparseSoftmaxCrossEntropy([[0, 0], [5, 0]], tensor([1, 0], { dtype: 'int32' }), { reduction: 'mean' }) */
export function sparseSoftmaxCrossEntropy(
  logits: TensorLike,
  labels: TensorLike,
  options?: SparseCrossEntropyOptions,
): Tensor {
  const {
    axis = -1,
    labelSmoothing,
    ignoreIndex,
    weight,
    reduction,
  } = settings('sparseSoftmaxCrossEntropy', options, {
    axis: undefined,
    labelSmoothing: 0,
    ignoreIndex: undefined,
    weight: undefined,
    reduction: 'none',
  })
  const [given] = asFloats(logits)
  const x = upcast(given)
  const y = asIndices('sparseSoftmaxCrossEntropy', labels)
  const at = normalizeAxis('sparseSoftmaxCrossEntropy', axis, x.rank, x.shape)
  const [loss, counts] = applyAll(crossEntropyOp, weight === undefined ? [x, y] : [x, y, cast(weight, x.dtype)], {
    axis: at,
    labelSmoothing,
    ignoreIndex: ignoreIndex ?? null,
  })
  const own = weight !== undefined || ignoreIndex !== undefined ? counts : undefined
  return cast(reduce(loss, reduction, own), given.dtype)
}
