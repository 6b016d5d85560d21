import {
  createRuntime,
  hostArray,
  reshape,
  tanh,
  type HostArray,
  type CompiledStep,
  type Context,
  type Plan,
  type Policy,
  type Results,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { layers, maxPool2d, relu, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng, type Rng } from '@gradloom/ops'
import { adam } from '@gradloom/optim'
import { createGpt } from '../models/gpt.ts'
import { absence, backends } from '../session/backends.ts'

export const MODELS = ['plane', 'mlp', 'cnn', 'gpt'] as const
export type ModelName = (typeof MODELS)[number]

interface Model {
  readonly layer: layers.Layer
  readonly x: HostArray
  readonly y: HostArray
}
const BATCH = 32
const zeros = (shape: readonly number[]): HostArray =>
  hostArray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)
const zeroLabels = (shape: readonly number[]): HostArray =>
  hostArray(new Int32Array(shape.reduce((a, b) => a * b, 1)), shape)
const pool = (x: Tensor): Tensor => maxPool2d(x, { kernelSize: 2 })

const models: Readonly<Record<ModelName, (rng: Rng) => Model>> = {
  plane: () => ({
    layer: layers.sequential(layers.linear(2, 8), tanh, layers.linear(8, 8), tanh, layers.linear(8, 2)),
    x: zeros([BATCH, 2]),
    y: zeroLabels([BATCH]),
  }),
  mlp: () => ({
    layer: layers.sequential(layers.linear(784, 64), relu, layers.linear(64, 10)),
    x: zeros([BATCH, 784]),
    y: zeroLabels([BATCH]),
  }),
  cnn: () => ({
    layer: layers.sequential(
      layers.conv2d(1, 8, { kernelSize: 5, padding: 2 }),
      relu,
      pool,
      layers.conv2d(8, 16, { kernelSize: 5, padding: 2 }),
      relu,
      pool,
      (x) => reshape(x, [-1, 784]),
      layers.linear(784, 64),
      relu,
      layers.linear(64, 10),
    ),
    x: zeros([BATCH, 1, 28, 28]),
    y: zeroLabels([BATCH]),
  }),
  gpt: (rng) => ({
    layer: createGpt({ characters: 65, length: 64, features: 64, blocks: 2, heads: 2 }, rng).layer,
    x: zeroLabels([8, 64]),
    y: zeroLabels([8, 64]),
  }),
}

interface ModelStep {
  readonly step: CompiledStep<Results>
  readonly feeds: { readonly x: HostArray; readonly y: HostArray }
  close(): void
}

/** A model's training step, or its loss alone, on examples of zeros. */
export function modelStep(
  name: ModelName,
  runtime: Runtime,
  { isTraining = true, rematerialise }: { readonly isTraining?: boolean; readonly rematerialise?: Policy } = {},
): ModelStep {
  const rng = createRng(0)
  const { layer, x, y } = models[name](rng)
  const env = runtime.variables()
  const fresh = layer.init(rng)
  layers.setVariables(env, fresh)
  const body = (ctx: Context): Results => {
    const scores = layer.apply(layers.getVariables(ctx, fresh), ctx.placeholder('x', x.shape, x.dtype))
    const loss = sparseSoftmaxCrossEntropy(scores, ctx.placeholder('y', y.shape, 'int32'), { reduction: 'mean' })
    return isTraining ? { loss, train: adam().minimize(loss, ctx.variables()) } : { loss }
  }
  const step = env.compile(body, rematerialise ? { rematerialise } : {})
  return { step, feeds: { x, y }, close: () => env.dispose() }
}

/** The plan of a model's training step, or of its loss alone, for a backend; `absent`: why it is one of the CPU. */
export async function planOf(
  name: ModelName,
  isTraining: boolean,
  backend: string,
): Promise<{ readonly plan: Plan; readonly absent: string | null }> {
  const runtime = createRuntime({ backends: [...(await backends[backend]({ threads: 1 }))] })
  try {
    const { step, feeds } = modelStep(name, runtime, { isTraining })
    return { plan: await step.plan({ ...feeds }), absent: absence(backend, runtime) }
  } finally {
    await runtime.close()
  }
}
