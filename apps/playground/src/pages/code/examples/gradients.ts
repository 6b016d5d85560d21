// A function, its slope, and the slope of its slope.
import { cpu, createRuntime, grad, setRuntime, tensor } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
const x = tensor([-2, -1, 0, 1, 2])
const y = x.mul(x).mul(x).sub(x)
const [slope] = grad([y.sum()], [x])
const [curvature] = grad([slope.sum()], [x])
const [values, slopes, curvatures] = await rt.evaluate([y, slope, curvature])
console.log('x^3 - x     ', values)
console.log('3 x^2 - 1   ', slopes)
console.log('6 x         ', curvatures)
await rt.close()
