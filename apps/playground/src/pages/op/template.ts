/** An op that works, to begin with: tanh that saturates at a cap. */
export const template = `// An op of your own. The checks run on what is exported: op, and inputs.
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
