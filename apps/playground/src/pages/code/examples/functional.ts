// The loop of JAX: a function of parameters, its gradients, and an optimizer that gives the next parameters.
import { cpu, createRuntime, matmul, mean, optim, setRuntime, square, sub, tensor, valueAndGrad } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
const x = tensor([
  [1, 2],
  [3, -1],
  [0, 1],
])
const y = tensor([0.5, 7.5, -0.5])
const optimizer = optim.adam({ learningRate: 0.1 })
let params = { w: tensor([0, 0]), b: tensor(0) }
const lossAndGradients = valueAndGrad(({ w, b }: typeof params) => mean(square(sub(matmul(x, w).add(b), y))))
let state = optimizer.init(params)
const losses: number[] = []
for (let i = 0; i < 300; i++) {
  const [loss, gradients] = lossAndGradients(params)
  ;({ params, state } = optimizer.next({ params, gradients, state }))
  losses.push(await loss.item())
}
console.log('losses', losses)
console.log(`weights ${Array.from(await params.w.data(), (value) => value.toFixed(2)).join(' ')}`)
await rt.close()
