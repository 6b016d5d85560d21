// A mistake, to see how it is told: the line is marked, and the message says what to do.
import { cpu, createRuntime, matmul, setRuntime, tensor } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
const a = tensor([
  [1, 2, 3],
  [4, 5, 6],
])
const b = tensor([
  [1, 2],
  [3, 4],
])
console.log('a', a)
const c = matmul(a, b)
console.log('c', await c.array())
