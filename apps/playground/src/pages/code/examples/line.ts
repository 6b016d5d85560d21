// A line through points, by a compiled step: forward, backward and update are one plan.
import { assign, cpu, createRng, createRuntime, grad, mean, square } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
const env = rt.variables()
env.name('slope').set(0)
env.name('offset').set(0)
const rng = createRng(1)
const x = rng.uniform([200], { low: -1, high: 1 })
const [points, noise] = await rt.evaluate([x, rng.normal([200], { std: 0.1 })])
const step = env.compile((ctx) => {
  const [a, b] = ctx.variables()
  const px = ctx.placeholder('x', [-1])
  const loss = mean(
    square(
      px
        .mul(a)
        .add(b)
        .sub(ctx.placeholder('y', [-1])),
    ),
  )
  const [ga, gb] = grad([loss], [a, b])
  return { loss, first: assign(a, a.sub(ga.mul(0.5))), second: assign(b, b.sub(gb.mul(0.5))) }
})
const y = Float32Array.from(points.data as Float32Array, (value, i) => 2 * value + 0.5 + Number(noise.data[i]))
const losses: number[] = []
for (let i = 0; i < 60; i++) losses.push((await step({ x: points, y })).loss.item())
console.log('losses', losses)
console.log(`slope ${(await env.name('slope').get()).item().toFixed(1)}`)
console.log(`offset ${(await env.name('offset').get()).item().toFixed(1)}`)
await rt.close()
