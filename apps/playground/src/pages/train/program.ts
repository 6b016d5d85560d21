import { isPlane, type Plane, type ScheduleName, type TrainSettings } from '../../session/settings.ts'

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

/** Where the examples come from: `train` and `test`, and how long a row of them is. */
function dataOf({ data, noise, seed, model }: TrainSettings): string {
  if (!isPlane(data))
    return `
// 60,000 digits to train on, 10,000 to test. They come with the page; elsewhere, take rows of your own.
const { train, test } = await digits(${model === 'cnn' ? '[1, 28, 28]' : '[784]'})
`
  return `
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
`
}

/** The network's layers, a line each. */
function layersOf({ data, model, widths, channels }: TrainSettings, act: string): string[] {
  const isConvolution = model === 'cnn'
  const counts = [1, ...channels]
  const side = channels.reduce((size) => Math.floor(size / 2), 28)
  const features = isConvolution ? counts[counts.length - 1] * side * side : isPlane(data) ? 2 : 784
  const kernels = channels.flatMap((count, i) => [
    `layers.conv2d(${counts[i]}, ${count}, { kernelSize: 5, padding: 2 })`,
    act,
    '(x) => nn.maxPool2d(x, { kernelSize: 2 })',
  ])
  const sizes = [features, ...widths, isPlane(data) ? 2 : 10]
  const linears = widths.concat(0).flatMap((_, i) => {
    const linear = `layers.linear(${sizes[i]}, ${sizes[i + 1]})`
    return i ? [act, linear] : [linear]
  })
  return isConvolution ? [...kernels, `(x) => reshape(x, [-1, ${features}])`, ...linears] : linears
}

const ALWAYS_IMPORTED = ['argMax', 'cast', 'cpu', 'createRng', 'createRuntime', 'equal', 'io', 'nn', 'optim', 'sum']

/** A run as a program: it has the same data, the same weights at the start, and so the same losses. */
export function programOf(settings: TrainSettings): string {
  const { data, model, activation, optimizer, rate, schedule, batch, seed, stop } = settings
  const isOfDigits = !isPlane(data)
  const act = activation === 'tanh' || activation === 'sigmoid' ? activation : `nn.${activation}`
  const momentum = optimizer === 'momentum' ? ', momentum: 0.9' : ''
  const named = optimizer === 'momentum' ? 'sgd' : optimizer
  const shape = !isOfDigits ? '2' : model === 'cnn' ? '1, 28, 28' : '784'
  const imported = [
    ...ALWAYS_IMPORTED,
    ...(isOfDigits ? [] : ['hostArray', 'philox4x32']),
    ...(act === activation ? [activation] : []),
    ...(model === 'cnn' ? ['reshape'] : []),
  ].sort()
  return `// A run of the page Train, as a program.
import { ${imported.join(', ')} } from 'gradloom'
${isOfDigits ? "import { digits } from 'playground/digits'\n" : ''}${dataOf(settings)}
const rt = createRuntime({ backends: [cpu()] })
const env = rt.variables()
const { layers } = nn
const layer = layers.sequential(
${layersOf(settings, act)
  .map((one) => `  ${one},\n`)
  .join('')})
const initial = layer.init(createRng(${seed}))
layers.setVariables(env, initial)
const optimizer = optim.${named}({ learningRate: ${schedules[schedule](rate, stop)}${momentum} })
const step = env.compile((ctx) => {
  const scores = layer.apply(layers.getVariables(ctx, initial), ctx.placeholder('x', [-1, ${shape}]))
  const labels = ctx.placeholder('y', [-1], 'int32')
  const loss = nn.sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })
  return { loss, train: optimizer.minimize(loss, ctx.variables()) }
})
const evaluate = env.compile((ctx) => {
  const scores = layer.apply(layers.getVariables(ctx, initial), ctx.placeholder('x', [-1, ${shape}]))
  return { right: sum(cast(equal(argMax(scores, { axis: 1 }), ctx.placeholder('y', [-1], 'int32')), 'int32')) }
})

const losses: number[] = []
for (let epoch = 0; losses.length < ${stop}; epoch++) {
  const all = io.batches(train, {
    size: ${isOfDigits ? batch : Math.min(batch, 400)},
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
let right = 0
for await (const fed of io.batches(test, { size: ${isOfDigits ? 500 : 200} }))
  right += (await evaluate(fed)).right.item()
console.log(\`last loss \${losses.at(-1)!.toFixed(4)}\`)
console.log(\`test accuracy \${(right / ${isOfDigits ? 100 : 2}).toFixed(2)} %\`)
await rt.close()
`
}
