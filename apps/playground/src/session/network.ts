import { reshape, scope, tanh, type Tensor } from '@gradloom/core'
import { gelu, layers, maxPool2d, relu, sigmoid } from '@gradloom/nn'
import type { Rng } from '@gradloom/ops'
import { adam, adamw, constant, cosine, exponential, lion, rmsprop, sgd, stepDecay, warmup } from '@gradloom/optim'
import type { Optimizer, Schedule } from '@gradloom/optim'
import type { Activation, OptimizerName, ScheduleName, TrainSettings } from './settings.ts'
import type { Problem } from './problem.ts'

type Parts = { first: layers.Parameters; rest: layers.Parameters }
/** Layers, the first of which can be looked at. */
export interface Network extends layers.Layer<Parts> {
  /** What the first layer makes of x. */
  first(parameters: Parts, x: Tensor): Tensor
}

export const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = { tanh, relu, gelu, sigmoid }
/** A layer of whatever parameters, or a function. */
type Part =
  | { init(rng: Rng): layers.Parameters; apply(parameters: never, x: Tensor, mode?: layers.Mode): Tensor }
  | ((x: Tensor) => Tensor)

export function createNetwork(settings: TrainSettings, problem: Problem): Network {
  const act = activations[settings.activation]
  const isConvolution = settings.model === 'cnn'
  const { first, rest } = isConvolution ? convolutions(settings, problem, act) : dense(settings, problem, act)
  const others = layers.sequential(...rest)
  const look: Network['first'] = (p, x) => scope('first', () => first.apply(p.first, x))
  return {
    init: (rng) => ({ first: first.init(rng), rest: others.init(rng) }),
    first: (p, x) => (rest.length ? act(look(p, x)) : look(p, x)),
    apply: (p, x, mode) => others.apply(p.rest, look(p, x), mode),
  }
}

interface Stack {
  readonly first: layers.Layer
  readonly rest: Part[]
}

function dense({ widths }: TrainSettings, { shape, classes }: Problem, act: (x: Tensor) => Tensor): Stack {
  const sizes = [shape[0], ...widths, classes]
  const linears = sizes.slice(1).map((size, i) => layers.linear(sizes[i], size))
  return {
    first: linears[0] as unknown as layers.Layer,
    rest: linears.slice(1).flatMap((linear): Part[] => [act, linear]),
  }
}

/** Convolutions of 5 x 5, each followed by pooling that halves the image, then the dense layers. */
function convolutions({ channels, widths }: TrainSettings, { classes }: Problem, act: (x: Tensor) => Tensor): Stack {
  const counts = [1, ...channels]
  const pool = (x: Tensor): Tensor => maxPool2d(x, { kernelSize: 2 })
  const kernels = channels.map((count, i) => layers.conv2d(counts[i], count, { kernelSize: 5, padding: 2 }))
  const side = channels.reduce((size) => Math.floor(size / 2), 28)
  const features = counts[channels.length] * side * side
  const flat = (x: Tensor): Tensor => reshape(x, [-1, features])
  const sizes = [features, ...widths, classes]
  const linears = sizes.slice(1).map((size, i) => layers.linear(sizes[i], size))
  const rest = [
    ...kernels.slice(1).flatMap((kernel): Part[] => [act, pool, kernel]),
    act,
    pool,
    flat,
    ...linears.flatMap((linear, i): Part[] => (i ? [act, linear] : [linear])),
  ]
  return { first: kernels[0] as unknown as layers.Layer, rest }
}

const schedules: Readonly<Record<ScheduleName, (rate: number, steps: number) => Schedule>> = {
  constant: (rate) => constant(rate),
  cosine: (rate, steps) => cosine(rate, { steps }),
  warmup: (rate, steps) => {
    const rise = Math.max(1, Math.round(steps / 15))
    return warmup(rise, cosine(rate, { steps: Math.max(1, steps - rise) }))
  },
  step: (rate, steps) => stepDecay(rate, { every: Math.max(1, Math.round(steps / 3)), factor: 0.3 }),
  exponential: (rate, steps) => exponential(rate, { factor: 0.01 ** (1 / Math.max(1, steps)) }),
}
export const scheduleOf = ({ schedule, rate, stop }: TrainSettings): Schedule => schedules[schedule](rate, stop)

const optimizers: Readonly<Record<OptimizerName, (learningRate: Schedule) => Optimizer>> = {
  sgd: (learningRate) => sgd({ learningRate }),
  momentum: (learningRate) => sgd({ learningRate, momentum: 0.9 }),
  adam: (learningRate) => adam({ learningRate }),
  adamw: (learningRate) => adamw({ learningRate }),
  rmsprop: (learningRate) => rmsprop({ learningRate }),
  lion: (learningRate) => lion({ learningRate }),
}
export const optimizerOf = (settings: TrainSettings): Optimizer => optimizers[settings.optimizer](scheduleOf(settings))
