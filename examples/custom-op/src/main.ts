// Two ops that core does not have: checked, then used to fit a model.
import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { createRuntime, matmul, mean, setRuntime, squeeze, square, sub, tensor, type Tensor } from '@gradloom/core'
import { checkGrads, createRng } from '@gradloom/ops'
import { adam } from '@gradloom/optim'
import { leakySum } from './leakySum.ts'
import { acme } from './plugin.ts'
import { softcap } from './softcap.ts'

const rt = createRuntime({ backends: [cpu()], plugins: [acme] })
setRuntime(rt)

// 1. Gradients, and the gradients of gradients, against differences in float64. Inputs that can fail: both signs, no
// round numbers, and a cap that is broadcast over the rows.
await checkGrads(
  softcap,
  [
    tensor([
      [0.3, -1.7, 2.6],
      [-0.4, 5.1, -3.3],
    ]),
    tensor([1.5, 0.7, 2.9]),
  ],
  { order: 2 },
)
await checkGrads(
  (x) => leakySum(square(x), { decay: 0.8 }),
  [
    tensor([
      [0.3, -1.7, 2.6, 0.9],
      [-0.4, 1.1, -3.3, 0.2],
    ]),
  ],
  { order: 2 },
)
console.log('gradients: right to second order')

// 2. The kernel against the decomposition: the reference backend has no kernel of this name.
const oracle = createRuntime({ backends: [reference()] })
const signal = createRng(1).normal([5, 40], { dtype: 'float64' })
const [[ours], [theirs]] = [
  await rt.evaluate([leakySum(signal, { decay: 0.9 })]),
  await oracle.evaluate([leakySum(signal, { decay: 0.9 })]),
]
const largest = Math.max(...Array.from(ours.data, (v, i) => Math.abs(v - theirs.data[i])))
console.log(`kernel against decomposition: largest difference ${largest.toExponential(0)}`)

// 3. A sensor mixes three channels, forgets slowly and saturates. From its readings: the mixture, and where it
// saturates.
const model = (channels: Tensor, weights: Tensor, cap: Tensor): Tensor =>
  softcap(leakySum(squeeze(matmul(channels, weights), -1), { decay: 0.8 }), cap) // [n, time, 3] -> [n, time]
const channels = await createRng(2).normal([64, 30, 3]).eval()
const readings = await model(tensor(channels), tensor([[0.7], [-0.4], [0.2]]), tensor(1.5)).eval()

const env = rt.variables()
env.name('weights').set([[0.1], [0.1], [0.1]])
env.name('cap').set(1)
const step = env.compile((ctx) => {
  const x = ctx.placeholder('x', [-1, -1, 3])
  const y = ctx.placeholder('y', [-1, -1])
  const loss = mean(square(sub(model(x, ctx.variable('weights'), ctx.variable('cap')), y)))
  return { loss, train: adam({ learningRate: 0.02 }).minimize(loss, ctx.variables()) }
})
for (let i = 0; i <= 400; i++) {
  const { loss } = await step({ x: channels, y: readings })
  if (i % 100 === 0) console.log(`step ${i} loss ${loss.item().toExponential(2)}`)
}
const [weights, cap] = [await env.name('weights').get(), await env.name('cap').get()]
console.log(
  `weights ${[...weights.data].map((v) => v.toFixed(3)).join(' ')}, cap ${cap.item().toFixed(3)}; the sensor has 0.700 -0.400 0.200, 1.500`,
)
await Promise.all([rt.close(), oracle.close()])
