export const PLANES = ['moons', 'spirals', 'rings'] as const
export type Plane = (typeof PLANES)[number]
export type DataName = Plane | 'mnist'
export type ModelName = 'mlp' | 'cnn'
export type Activation = 'tanh' | 'relu' | 'gelu' | 'sigmoid'
export type OptimizerName = 'sgd' | 'momentum' | 'adam' | 'adamw' | 'rmsprop' | 'lion'
export type ScheduleName = 'constant' | 'cosine' | 'warmup' | 'step' | 'exponential'

/** What computes, in the words of the page; see `backends`. */
export const BACKENDS = [
  ['cpu', 'CPU'],
  ['webgpu', 'WebGPU'],
] as const

/** All that a run depends on: the same settings give the same losses. */
export interface TrainSettings {
  readonly data: DataName
  readonly noise: number
  readonly model: ModelName
  readonly widths: readonly number[]
  readonly channels: readonly number[]
  readonly activation: Activation
  readonly optimizer: OptimizerName
  readonly rate: number
  readonly schedule: ScheduleName
  readonly batch: number
  readonly seed: number
  readonly stop: number
  /** Training ends where this share of test examples is right; 0 for never. */
  readonly goal: number
  readonly backend: string
  /** 0 for as many as there are. */
  readonly threads: number
  readonly speed: 'watch' | 'full'
}

export const isPlane = (data: DataName): data is Plane => data !== 'mnist'
