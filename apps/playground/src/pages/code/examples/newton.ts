// Newton's method: the second derivative is the gradient of a gradient.
import { cos, cpu, createRuntime, div, grad, setRuntime, sub, tensor } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
let x = 2
for (let i = 0; i < 6; i++) {
  const at = tensor(x, { dtype: 'float64' })
  const height = cos(at)
  const [slope] = grad([height], [at])
  const [curvature] = grad([slope], [at])
  x = await sub(at, div(slope, curvature)).item()
  console.log(`step ${i + 1}: x = ${x.toFixed(12)}`)
}
console.log(Math.abs(x - Math.PI) < 1e-12 ? 'the lowest place of cos is pi' : 'it did not converge')
await rt.close()
