import { scope, tanh, type Tensor } from '@gradloom/core'
import { layers, relu, sigmoid } from '@gradloom/nn'
import { adam, adamw, constant, cosine, exponential, lion, rmsprop, sgd, stepDecay, warmup } from '@gradloom/optim'
import type { Optimizer, Schedule } from '@gradloom/optim'
import type { Activation, OptimizerName, ScheduleName, TrainSettings } from './settings.ts'
import type { Problem } from './problem.ts'
import type { Part, Stack } from './stack.ts'

type Parts = { first: layers.Parameters; rest: layers.Parameters }
/** Layers, the first of which can be looked at. */
export interface Network extends layers.Layer<Parts> {
  /** What the first layer makes of x. */
  first(parameters: Parts, x: Tensor): Tensor
}

async function activationOf(name: Activation): Promise<(x: Tensor) => Tensor> {
  if (name === 'gelu') return (await import('./gelu.ts')).gelu
  return { tanh, relu, sigmoid }[name]
}

export async function createNetwork(settings: TrainSettings, problem: Problem): Promise<Network> {
  const act = await activationOf(settings.activation)
  const stackOf = settings.model === 'cnn' ? (await import('./convolutions.ts')).convolutions : dense
  const { first, rest } = stackOf(settings, problem, act)
  const others = layers.sequential(...rest)
  const look: Network['first'] = (p, x) => scope('first', () => first.apply(p.first, x))
  return {
    init: (rng) => ({ first: first.init(rng), rest: others.init(rng) }),
    first: (p, x) => (rest.length ? act(look(p, x)) : look(p, x)),
    apply: (p, x, mode) => others.apply(p.rest, look(p, x), mode),
  }
}

function dense({ widths }: TrainSettings, { shape, classes }: Problem, act: (x: Tensor) => Tensor): Stack {
  const sizes = [shape[0], ...widths, classes]
  const linears = sizes.slice(1).map((size, i) => layers.linear(sizes[i], size))
  return {
    first: linears[0] as unknown as layers.Layer,
    rest: linears.slice(1).flatMap((linear): Part[] => [act, linear]),
  }
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
