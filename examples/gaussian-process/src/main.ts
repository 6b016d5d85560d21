// Fits a Gaussian process to the temperature of the world, 1880 to 2023: its five hyperparameters by gradients of the
// marginal likelihood, through a Cholesky factor. Years that it has not seen say how good it is.
import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  createRuntime,
  exp,
  expandDims,
  hostArray,
  log,
  matmul,
  mul,
  sqrt,
  square,
  squeeze,
  sub,
  sum,
  transpose,
  type Context,
  type HostArray,
  type Tensor,
} from '@gradloom/core'
import { permutation } from '@gradloom/io'
import { cholesky, choleskyPlugin, choleskySolve, triangularSolve } from '@gradloom/linalg'
import { adam } from '@gradloom/optim'
import { eye } from '@gradloom/ops'
import { createProgress, readFlags, readTemperatures } from 'gradloom-example-shared'
import { savePlot } from 'gradloom-example-shared/plot'
import { band } from './band.ts'
import { covariance, initial, variance, type Hyperparameters } from './kernel.ts'

const flags = readFlags(process.argv.slice(2), 'Fits a Gaussian process to the temperature of the world.', {
  steps: { default: 150, about: 'of gradient descent' },
  'learning-rate': { default: 0.03, fraction: true, about: 'of Adam' },
  apart: { default: 28, low: 1, about: 'years that it is not fitted to' },
  until: { default: 2050, low: 1880, about: 'the last year that is predicted' },
  seed: { default: 0, about: 'of which years these are' },
  plot: { default: undefined, about: 'SVG file for the plot' },
})
const { years, anomalies } = await readTemperatures()
const order = [...permutation(years.length, flags.seed)]
const column = (values: ArrayLike<number>): HostArray => hostArray(Float64Array.from(values), [values.length])
const pick = (at: readonly number[]): { x: HostArray; y: HostArray } => ({
  x: column(at.map((i) => years[i])),
  y: column(at.map((i) => anomalies[i])),
})
const kept = pick(order.slice(0, flags.apart))
const given = pick(order.slice(flags.apart).sort((a, b) => a - b))
const count = given.x.shape[0]

const runtime = createRuntime({ backends: [cpu()], plugins: [choleskyPlugin] })
const variables = runtime.variables()
for (const [name, value] of Object.entries(initial)) variables.name(name).set(hostArray(Float64Array.of(value), []))
const hyperparameters = (ctx: Context): Hyperparameters =>
  Object.fromEntries(Object.keys(initial).map((name) => [name, ctx.variable(name)])) as unknown as Hyperparameters

/** The factor L of the temperatures' covariance K, noise included, and K^-1 y. */
function fitted(h: Hyperparameters, x: Tensor, y: Tensor): { l: Tensor; weights: Tensor } {
  const noise = mul(eye(count, { dtype: 'float64' }), exp(mul(h.noise, 2)))
  const l = cholesky(add(covariance(x, x, h), noise))
  return { l, weights: squeeze(choleskySolve(l, expandDims(y, 1)), 1) }
}
const placeholders = (ctx: Context): Tensor[] => ['x', 'y'].map((name) => ctx.placeholder(name, [count], 'float64'))

// -log p(y) = y^T K^-1 y / 2 + sum log L_ii + n log(2 pi) / 2
const step = variables.compile((ctx) => {
  const [x, y] = placeholders(ctx)
  const { l, weights } = fitted(hyperparameters(ctx), x, y)
  const diagonal = sum(mul(l, eye(count, { dtype: 'float64' })), { axis: 0 })
  const misfit = mul(sum(mul(y, weights)), 0.5)
  const loss = add(add(misfit, sum(log(diagonal))), (count / 2) * Math.log(2 * Math.PI))
  const optimizer = adam({ learningRate: flags['learning-rate'] })
  return { loss, train: optimizer.minimize(loss, ctx.variables()) }
})
const predict = variables.compile((ctx) => {
  const [x, y] = placeholders(ctx)
  const at = ctx.placeholder('at', [-1], 'float64')
  const h = hyperparameters(ctx)
  const { l, weights } = fitted(h, x, y)
  const across = covariance(at, x, h)
  const known = sum(square(triangularSolve(l, transpose(across), { lower: true })), { axis: 0 })
  const noise = exp(mul(h.noise, 2))
  return { mean: matmul(across, weights), deviation: sqrt(add(sub(variance(h), known), noise)) }
})

const progress = createProgress({ stepsPerEpoch: flags.steps, batch: count, stepsPerLine: 50 })
let loss = NaN
for (let i = 0; i < flags.steps; i++) {
  loss = (await step({ ...given })).loss.item()
  progress.step(loss)
}
progress.stop()
if (flags.steps) console.log(`negative log likelihood ${(loss / count).toFixed(4)} a year`)
for (const name of Object.keys(initial)) {
  const [value] = (await variables.name(name).get()).data
  console.log(`${name.padEnd(12)} ${Math.exp(Number(value)).toFixed(3)}`)
}

if (flags.plot) {
  const at = Float64Array.from({ length: 2 * (flags.until - 1880) + 1 }, (_, i) => 1880 + i / 2)
  const { mean, deviation } = await predict({ ...given, at: hostArray(at, [at.length]) })
  await savePlot(flags.plot, band(at, mean.data as Float64Array, deviation.data as Float64Array, { given, kept }))
  console.log(`plot in ${flags.plot}`)
}
const { mean, deviation } = await predict({ ...given, at: kept.x })
const misses = Array.from(kept.y.data, (y, i) => Number(y) - Number(mean.data[i]))
const inside = misses.filter((m, i) => Math.abs(m) < 1.96 * Number(deviation.data[i])).length
const rms = Math.sqrt(misses.reduce((total, m) => total + m * m, 0) / misses.length)
console.log(`years kept apart: off by ${rms.toFixed(3)} degrees, ${inside} of ${misses.length} within 95 % bounds`)
await runtime.close()
