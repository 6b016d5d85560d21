// Down the same valley by five optimizers: Rosenbrock's function.
import { add, cpu, createRuntime, mul, optim, square, sub } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
const optimizers = {
  sgd: optim.sgd({ learningRate: 1e-3 }),
  momentum: optim.sgd({ learningRate: 1e-3, momentum: 0.9 }),
  adam: optim.adam({ learningRate: 2e-2 }),
  rmsprop: optim.rmsprop({ learningRate: 5e-3 }),
  lion: optim.lion({ learningRate: 1e-2 }),
}
for (const [name, optimizer] of Object.entries(optimizers)) {
  const env = rt.variables()
  env.name('x').set(-1)
  env.name('y').set(1.5)
  const step = env.compile((ctx) => {
    const [x, y] = ctx.variables()
    const loss = add(square(sub(1, x)), mul(100, square(sub(y, square(x)))))
    return { loss, train: optimizer.minimize(loss, ctx.variables()) }
  })
  const heights: number[] = []
  for (let i = 0; i < 500; i++) heights.push((await step()).loss.item())
  console.log(`${name.padEnd(9)} ${heights.at(-1)!.toFixed(4)}`, heights)
}
await rt.close()
