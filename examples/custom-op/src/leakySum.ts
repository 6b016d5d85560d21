// An op that is no formula: y[t] = x[t] + decay y[t - 1] along the last axis, each element from the one before. It
// brings a kernel for the cpu backend and one for webgpu, and says how other backends get the same value from ops that
// they have.
import type { CpuKernel } from '@gradloom/backend-cpu'
import type { WebgpuKernel } from '@gradloom/backend-webgpu'
import {
  abs,
  apply,
  asTensor,
  cast,
  defineOp,
  expandDims,
  flip,
  isFloat,
  DTypeError,
  matmul,
  pow,
  ShapeError,
  show,
  sizeOf,
  sub,
  toFloat,
  type Op,
  type Plugin,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { arange, triu } from '@gradloom/ops'

// Settings of an op are plain data: they are part of the plan, and go to the kernel.
interface Attrs {
  readonly decay: number
}

export const leakySumOp: Op<Attrs> = defineOp<Attrs>({
  name: 'acme/leakySum',

  // Shape and dtype of the result, while the graph is built: a size may still be unknown (-1) here, and nowhere else.
  // What is wrong with the inputs is said here, so that the kernel need not check again.
  infer: ([x]) => {
    if (!x.shape.length)
      throw new ShapeError(`acme/leakySum: at least one axis required, got ${show(x.shape)}; expandDims adds one`)
    if (!isFloat(x.dtype)) throw new DTypeError(`acme/leakySum: floats required, got ${x.dtype}; cast it`)
    return x
  },

  // The same value from other ops, y[t] = sum over s <= t of decay^(t - s) x[s]: a product with a triangular matrix.
  // Backends without the kernel compute this. Sizes are known here.
  decompose: ([x], { decay }) => {
    const time = arange(0, x.shape[x.rank - 1], 1, { dtype: x.dtype })
    return matmul(x, triu(pow(decay, abs(sub(time, expandDims(time, 1))))))
  },

  // The op is linear in x, and its transpose is the same recurrence from the end: the gradient has the fast kernel too.
  // An op with `decompose` and no `vjp` is differentiated through its decomposition, which is right, here only slower.
  vjp: ({ cotangents: [g], attrs }) => [flip(apply(leakySumOp, [flip(g, -1)], attrs), -1)],
})

/** The kernel for cpu: whole arrays in row-major order, of shapes that `infer` let pass. */
const onCpu: CpuKernel<Attrs> = ({ inputs: [x], outputs: [y], attrs: { decay } }) => {
  const size = x.shape[x.shape.length - 1]
  for (let i = 0; i < x.data.length; i++) y.data[i] = x.data[i] + (i % size ? decay * y.data[i - 1] : 0)
}

/** The kernel for webgpu: WGSL for these sizes, where an invocation goes along a row. float16 comes as float32, and
 * float64 never: that goes to cpu. */
const onGpu: WebgpuKernel<Attrs> = ({ inputs: [{ shape }], attrs: { decay } }) => {
  const size = shape[shape.length - 1]
  const code = `
fn kernel(row: i32) {
  var sum = 0.0;
  for (var i = row * ${size}; i < (row + 1) * ${size}; i++) {
    sum = input0(i) + f32(${decay}) * sum;
    setOutput0(i, sum);
  }
}`
  return { code, invocations: sizeOf(shape.slice(0, -1)) }
}

/** Kernels by backend and op name, as a plugin lists them. */
export const leakySumKernels: NonNullable<Plugin['kernels']> = {
  cpu: { [leakySumOp.name]: onCpu },
  webgpu: { [leakySumOp.name]: onGpu },
}

/** Running sums along the last axis that forget: y[t] = x[t] + decay y[t - 1]. Integers come as floats.
 * @throws ShapeError for a scalar */
export function leakySum(x: TensorLike, { decay }: Attrs): Tensor {
  const t = asTensor(x)
  return apply(leakySumOp, [cast(t, toFloat(t.dtype))], { decay })
}
