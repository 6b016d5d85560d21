// An op of your own: its formula, its gradient, and a check of both orders.
import { apply, checkGrads, cpu, createRuntime, defineOp, div, mul, setRuntime, square, sub, tensor } from 'gradloom'
import type { TensorLike } from 'gradloom'

const softcapOp = defineOp<{ cap: number }>({
  name: 'acme/softcap',
  promotion: 'float',
  expr: ([x], { cap }) => x.div(cap).tanh().mul(cap),
  // d/dx cap tanh(x / cap) = 1 - (y / cap)^2. Take the square away, and the check below fails.
  vjp: ({ outputs: [y], cotangents: [g], attrs: { cap } }) => [mul(g, sub(1, square(div(y, cap))))],
})
const softcap = (x: TensorLike, cap: number) => apply(softcapOp, [x], { cap })

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
await checkGrads((x) => softcap(x, 2), [tensor([0.3, -1.7, 4.1])], { order: 2 })
console.log('the gradients are right, to the second order')
const [capped] = await rt.evaluate([softcap(tensor([-200, -2, 0, 2, 200]), 2)])
console.log('softcap', capped)
await rt.close()
