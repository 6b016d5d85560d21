import {
  choice,
  realNumber,
  sizes,
  wholeNumber,
  type Choice,
  type Range,
  type Schema,
  type Sizes,
} from '../../shell/link.ts'
import { BACKENDS } from '../../session/settings.ts'
import type {
  Activation,
  DataName,
  ModelName,
  OptimizerName,
  ScheduleName,
  TrainSettings,
} from '../../session/settings.ts'

/** What a run is set by, with the defaults that suit its data. */
export type TrainSchema = Schema<TrainSettings> & {
  readonly data: Choice<DataName>
  readonly model: Choice<ModelName>
  readonly activation: Choice<Activation>
  readonly optimizer: Choice<OptimizerName>
  readonly schedule: Choice<ScheduleName>
  readonly speed: Choice<TrainSettings['speed']>
  readonly backend: Choice<string>
  readonly widths: Sizes
  readonly channels: Sizes
  readonly rate: Range
  readonly noise: Range
  readonly batch: Range
  readonly seed: Range
  readonly stop: Range
  readonly goal: Range
  readonly threads: Range
}

const data = choice<DataName>('Data', 'moons', [
  ['moons', 'Moons'],
  ['spirals', 'Spirals'],
  ['rings', 'Rings'],
  ['mnist', 'Digits'],
])

/** The schema for a data set: a link that names none gets the moons. */
export function schemaFor(name: string | null): TrainSchema {
  const isDigits = name === 'mnist'
  const isHard = name === 'spirals'
  return {
    data,
    noise: realNumber('Noise', isHard ? 0.03 : 0.08, [0, 0.5]),
    model: choice<ModelName>('Model', 'mlp', [
      ['mlp', 'Dense'],
      ['cnn', 'Convolution'],
    ]),
    widths: sizes('Widths', isDigits ? [64] : isHard ? [32, 32] : [8, 8], { most: 4, high: 512 }),
    channels: sizes('Channels', [8, 16], { most: 3, high: 64 }),
    activation: choice<Activation>('Activation', isDigits ? 'relu' : isHard ? 'gelu' : 'tanh', [
      ['tanh', 'tanh'],
      ['relu', 'ReLU'],
      ['gelu', 'GELU'],
      ['sigmoid', 'sigmoid'],
    ]),
    optimizer: choice<OptimizerName>('Optimizer', 'adam', [
      ['sgd', 'SGD'],
      ['momentum', 'SGD, momentum 0.9'],
      ['adam', 'Adam'],
      ['adamw', 'AdamW'],
      ['rmsprop', 'RMSprop'],
      ['lion', 'Lion'],
    ]),
    rate: realNumber('Rate', isDigits ? 0.003 : isHard ? 0.01 : 0.02, [1e-6, 10]),
    schedule: choice<ScheduleName>('Schedule', 'cosine', [
      ['constant', 'constant'],
      ['cosine', 'cosine'],
      ['warmup', 'warm-up, cosine'],
      ['step', 'steps'],
      ['exponential', 'exponential'],
    ]),
    batch: wholeNumber('Batch', isDigits ? 64 : 32, [1, 2048]),
    seed: wholeNumber('Seed', 7, [0, 1_000_000]),
    stop: wholeNumber('Steps', 2000, [1, 1_000_000]),
    goal: realNumber('Stop at', 0, [0, 100]),
    backend: choice<string>('Backend', 'cpu', BACKENDS),
    threads: wholeNumber('Threads', 0, [0, 128]),
    speed: choice<TrainSettings['speed']>('Speed', 'watch', [
      ['watch', 'to watch'],
      ['full', 'full'],
    ]),
  }
}

/** Settings that change what a run does: the others are taken at once. */
export function same(a: TrainSettings, b: TrainSettings): boolean {
  const schema = schemaFor(a.data)
  return (Object.keys(schema) as (keyof TrainSettings)[]).every(
    (name) => schema[name].print(a[name] as never) === schema[name].print(b[name] as never),
  )
}

/** What differs between two runs, in words: "rate 1.0e-2 → 3.0e-3". */
export function difference(from: TrainSettings, to: TrainSettings): string {
  const schema = schemaFor(to.data)
  const changed = (Object.keys(schema) as (keyof TrainSettings)[]).flatMap((name) => {
    const print = schema[name].print as (value: unknown) => string
    const [before, after] = [print(from[name]), print(to[name])]
    return before === after ? [] : [`${schema[name].label.toLowerCase()} ${before} → ${after}`]
  })
  return changed.join(', ') || 'the same settings'
}
