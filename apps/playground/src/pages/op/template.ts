/** A program, and the WGSL that it takes. */
export interface Template {
  readonly program: string
  readonly wgsl: string
}

/** An op that works, to begin with: tanh that saturates at a cap. */
const formula = `// An op of your own. The checks run on what is exported: op, and inputs.
import { apply, defineOp, div, mul, square, sub, tensor } from 'gradloom'
import type { TensorLike } from 'gradloom'

const softcapOp = defineOp<{ cap: number }>({
  name: 'acme/softcap',
  promotion: 'float',
  // The rule: a formula for one element, of which every backend makes a kernel.
  expr: ([x], { cap }) => x.div(cap).tanh().mul(cap),
  // The gradient, written with ops: 1 - (y / cap)^2.
  vjp: ({ outputs: [y], cotangents: [g], attrs: { cap } }) => [mul(g, sub(1, square(div(y, cap))))],
})

export const op = (x: TensorLike) => apply(softcapOp, [x], { cap: 2 })
export const inputs = [tensor([[0.3, -1.7], [4.1, 0]])]
`

/** An op that is no formula: a running sum that forgets, with a kernel in WGSL. */
const leaky = `// y[t] = x[t] + decay y[t - 1] along rows: no formula, since each element needs the one before.
import { abs, apply, arange, defineOp, expandDims, flip, matmul, pow, sizeOf, sub, tensor, triu } from 'gradloom'
import type { Op, Plugin, TensorLike } from 'gradloom'
import type { WebgpuKernel } from '@gradloom/backend-webgpu'

const leakyOp: Op<{ decay: number }> = defineOp({
  name: 'acme/leaky',
  infer: ([x]) => x,
  // The same of other ops, where there is no kernel: a product with a triangle of powers.
  decompose: ([x], { decay }) => {
    const time = arange(0, x.shape[x.rank - 1], 1, { dtype: x.dtype })
    return matmul(x, triu(pow(decay, abs(sub(time, expandDims(time, 1))))))
  },
  // The same recurrence, from the end.
  vjp: ({ cotangents: [g], attrs }) => [flip(apply(leakyOp, [flip(g, -1)], attrs), -1)],
})

// The WGSL of the field below, for the sizes and settings of a call: an invocation a row.
const kernel = (wgsl: string): WebgpuKernel<{ decay: number }> => ({ inputs: [{ shape }], attrs: { decay } }) => ({
  code: \`\${wgsl}\nconst size = \${shape.at(-1)};\nconst decay = f32(\${decay});\`,
  invocations: sizeOf(shape.slice(0, -1)),
})
export const plugin = (wgsl: string): Plugin => ({
  name: 'acme',
  ops: [leakyOp],
  kernels: { webgpu: { 'acme/leaky': kernel(wgsl) } },
})

export const op = (x: TensorLike) => apply(leakyOp, [x], { decay: 0.5 })
export const inputs = [tensor([[0.3, -1.7, 2.6], [4.1, 0, -0.9]])]
`
const leakyWgsl = `fn kernel(row: i32) {
  var sum = 0.0;
  for (var i = row * size; i < (row + 1) * size; i++) {
    sum = input0(i) + decay * sum;
    setOutput0(i, sum);
  }
}
`

/** What the page begins with. */
export const FORMULA: Template = { program: formula, wgsl: '' }
export const KERNEL: Template = { program: leaky, wgsl: leakyWgsl }
