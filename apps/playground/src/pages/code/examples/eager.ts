// The loop of PyTorch: tensors that want gradients, backward, and an update that is no part of the graph.
import { cpu, createRuntime, matmul, mean, noGrad, setRuntime, square, sub, tensor } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
const x = tensor([
  [1, 2],
  [3, -1],
  [0, 1],
])
const y = tensor([0, 7, -1])
let w = tensor([0, 0], { requiresGrad: true })
const losses: number[] = []
for (let i = 0; i < 150; i++) {
  const loss = mean(square(sub(matmul(x, w), y)))
  await loss.backward()
  losses.push(await loss.item())
  const next = noGrad(() => sub(w, w.grad!.mul(0.1)))
  w = tensor(await next.eval(), { requiresGrad: true })
}
console.log('losses', losses)
console.log(`weights ${Array.from(await w.data(), (value) => value.toFixed(3)).join(' ')}`)
await rt.close()
