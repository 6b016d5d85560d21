import type { Plane, ScheduleName, TrainSettings } from '../../session/settings.ts'

const places: Readonly<Record<Plane, string>> = {
  moons: `const angle = Math.PI * share
  return kind === 0
    ? [0.55 * Math.cos(angle) - 0.275, 0.6 * Math.sin(angle) - 0.15]
    : [0.275 - 0.55 * Math.cos(angle), 0.15 - 0.6 * Math.sin(angle)]`,
  spirals: `const angle = 3.5 * Math.PI * Math.sqrt(share) + Math.PI * kind
  const radius = 0.1 + 0.8 * Math.sqrt(share)
  return [radius * Math.cos(angle), radius * Math.sin(angle)]`,
  rings: `const angle = 2 * Math.PI * share
  const radius = kind === 0 ? 0.35 : 0.8
  return [radius * Math.cos(angle), radius * Math.sin(angle)]`,
}

const schedules: Readonly<Record<ScheduleName, (rate: number, steps: number) => string>> = {
  constant: (rate) => `optim.constant(${rate})`,
  cosine: (rate, steps) => `optim.cosine(${rate}, { steps: ${steps} })`,
  warmup: (rate, steps) => {
    const rise = Math.max(1, Math.round(steps / 15))
    return `optim.warmup(${rise}, optim.cosine(${rate}, { steps: ${Math.max(1, steps - rise)} }))`
  },
  step: (rate, steps) => `optim.stepDecay(${rate}, { every: ${Math.max(1, Math.round(steps / 3))}, factor: 0.3 })`,
  exponential: (rate, steps) => `optim.exponential(${rate}, { factor: ${0.01 ** (1 / Math.max(1, steps))} })`,
}

/** A run in the plane as a program: it has the same data, the same weights at the start, and so the same losses. */
export function programOf(settings: TrainSettings & { readonly data: Plane }): string {
  const { data, noise, widths, activation, optimizer, rate, schedule, batch, seed, stop } = settings
  const act = activation === 'tanh' || activation === 'sigmoid' ? activation : `nn.${activation}`
  const sizes = [2, ...widths, 2]
  const rest = sizes.slice(1, -1).flatMap((size, i) => [act, `layers.linear(${size}, ${sizes[i + 2]})`])
  const momentum = optimizer === 'momentum' ? ', momentum: 0.9' : ''
  const named = optimizer === 'momentum' ? 'sgd' : optimizer
  const imported = ['cpu', 'createRng', 'createRuntime', 'hostArray', 'io', 'nn', 'optim', 'philox4x32']
  if (act === activation) imported.push(activation)
  return `// A run of the page Train, as a program.
import { ${imported.join(', ')} } from 'gradloom'

let drawn = 0
const uniform = () => philox4x32([drawn++, 0, 0, 0], [${seed}, 0x67726164])[0] / 2 ** 32
const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
const place = (share: number, kind: number) => {
  ${places[data]}
}

// 400 points to train on, 200 to test.
const points = new Float32Array(1200)
const classes = Int32Array.from({ length: 600 }, (_, i) => i % 2)
classes.forEach((kind, i) => {
  const [x, y] = place(uniform(), kind)
  points[2 * i] = x + ${noise} * normal()
  points[2 * i + 1] = y + ${noise} * normal()
})
const part = (from: number, to: number) => ({
  x: hostArray(points.slice(2 * from, 2 * to), [to - from, 2]),
  y: hostArray(classes.slice(from, to), [to - from]),
})
const train = part(0, 400)
const test = part(400, 600)

const rt = createRuntime({ backends: [cpu()] })
const env = rt.variables()
const { layers } = nn
const layer = layers.sequential(
  layers.linear(2, ${sizes[1]}),${rest.map((one) => `\n  ${one},`).join('')}
)
const initial = layer.init(createRng(${seed}))
layers.setVariables(env, initial)
const optimizer = optim.${named}({ learningRate: ${schedules[schedule](rate, stop)}${momentum} })
const step = env.compile((ctx) => {
  const scores = layer.apply(layers.getVariables(ctx, initial), ctx.placeholder('x', [-1, 2]))
  const labels = ctx.placeholder('y', [-1], 'int32')
  const loss = nn.sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })
  return { loss, train: optimizer.minimize(loss, ctx.variables()) }
})
const infer = env.compile((ctx) => ({
  scores: layer.apply(layers.getVariables(ctx, initial), ctx.placeholder('x', [-1, 2])),
}))

const losses: number[] = []
for (let epoch = 0; losses.length < ${stop}; epoch++) {
  const all = io.batches(train, {
    size: ${Math.min(batch, 400)},
    shuffle: true,
    seed: ${seed},
    epoch,
    dropLast: true,
  })
  for await (const { x, y } of all) {
    losses.push((await step({ x, y })).loss.item())
    if (losses.length === ${stop}) break
  }
}
console.log('losses', losses)
const { scores } = await infer({ x: test.x })
const right = classes.slice(400).filter((kind, i) => scores.data[2 * i + kind] > scores.data[2 * i + 1 - kind]).length
console.log(\`last loss \${losses.at(-1)!.toFixed(4)}\`)
console.log(\`test accuracy \${(right / 2).toFixed(2)} %\`)
await rt.close()
`
}
