import { argMax, cast, createRuntime, equal, hostArray, reshape, slice, sub, sum } from '@gradloom/core'
import type { HostArray, Runtime } from '@gradloom/core'
import { batches } from '@gradloom/io'
import { layers, softmax, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { absence, backends } from './backends.ts'
import type { Memory, Test, Tiles } from './messages.ts'
import { createNetwork, optimizerOf } from './network.ts'
import { gridOf } from './plane.ts'
import type { Problem } from './problem.ts'
import type { TrainSettings } from './settings.ts'

export const BOUNDARY_SIDE = 64
const TILE_SIDE = 28
const MOST_TILES = 32
/** Rows of a part of the test: an image takes 3 kB. */
const TEST_PART = 500

/** A model with its variables, and all that is asked of it. */
export interface Run {
  readonly parameters: number
  /** Why the backend that was chosen does not compute. */
  readonly absent: string | null
  step(): Promise<number>
  test(examples: number): Promise<Omit<Test, 'step'>>
  boundary(): Promise<Float32Array<ArrayBuffer> | null>
  tiles(): Promise<Tiles | null>
  predict(image: Float32Array): Promise<Float32Array>
  save(): Promise<Uint8Array<ArrayBuffer>>
  load(bytes: Uint8Array<ArrayBuffer>): Promise<void>
  memory(): Memory
  /** A new device in place of one that was lost, with the variables as the last step left them. */
  recover(): Promise<void>
  close(): void
}

let shared: { readonly key: string; readonly runtime: Runtime } | undefined
/** One runtime for all runs on the same backend: its threads take a while to start. */
async function runtimeFor({ backend, threads }: TrainSettings): Promise<Runtime> {
  const key = `${backend} ${threads}`
  if (shared?.key === key) return shared.runtime
  await shared?.runtime.close()
  shared = undefined
  const runtime = createRuntime({ backends: await backends[backend]({ threads }) })
  shared = { key, runtime }
  return runtime
}

/** The next run gets a runtime of its own. */
export function leaveRuntime(): void {
  if (shared) shared = { ...shared, key: '' }
}

export async function openRun(settings: TrainSettings, problem: Problem): Promise<Run> {
  const runtime = await runtimeFor(settings)
  const env = runtime.variables()
  const network = await createNetwork(settings, problem)
  const fresh = network.init(createRng(settings.seed))
  layers.setVariables(env, fresh)
  const names = env.variableNames()
  const { shape, plane } = problem
  const scoresOf = (ctx: { variable(name: string): ReturnType<typeof env.slot> }, x: ReturnType<typeof env.slot>) =>
    network.apply(layers.getVariables(ctx, fresh), x)
  const train = env.compile((ctx) => {
    const labels = ctx.placeholder('y', [-1], 'int32')
    const scores = scoresOf(ctx, ctx.placeholder('x', [-1, ...shape]))
    const loss = sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })
    return { loss, train: optimizerOf(settings).minimize(loss, ctx.variables()) }
  })
  const evaluate = env.compile((ctx) => {
    const labels = ctx.placeholder('y', [-1], 'int32')
    const scores = scoresOf(ctx, ctx.placeholder('x', [-1, ...shape]))
    return {
      loss: sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'sum' }),
      right: sum(cast(equal(argMax(scores, { axis: 1 }), labels), 'int32')),
    }
  })
  const infer = env.compile((ctx) => ({ scores: softmax(scoresOf(ctx, ctx.placeholder('x', [-1, ...shape]))) }))
  const field = env.compile((ctx) => {
    const p = softmax(scoresOf(ctx, ctx.placeholder('x', [-1, ...shape])))
    return { field: reshape(sub(slice(p, [null, [1, 2]]), slice(p, [null, [0, 1]])), [-1]) }
  })
  const first = env.compile((ctx) => {
    const p = layers.getVariables(ctx, fresh)
    return { units: network.first(p, ctx.placeholder('x', [-1, ...shape])) }
  })
  const stepsOf = endless(settings, problem)
  const boundaryGrid = plane && hostArray(gridOf(BOUNDARY_SIDE), [BOUNDARY_SIDE ** 2, 2])
  const tileGrid = plane && hostArray(gridOf(TILE_SIDE), [TILE_SIDE ** 2, 2])
  await runtime.ready()
  return {
    absent: absence(settings.backend, runtime),
    parameters: names.reduce((total, name) => total + env.name(name).shape.reduce((a, b) => a * b, 1), 0),
    async step() {
      const { x, y } = (await stepsOf.next()).value
      return (await train({ x, y })).loss.item()
    },
    async test(examples) {
      const count = Math.min(examples, problem.test.rowCount)
      let loss = 0
      let right = 0
      for (let from = 0; from < count; from += TEST_PART) {
        const rows = Uint32Array.from({ length: Math.min(TEST_PART, count - from) }, (_, i) => from + i)
        const { x, y } = await problem.test.read(rows)
        const result = await evaluate({ x, y })
        loss += result.loss.item()
        right += result.right.item()
      }
      return { loss: loss / count, accuracy: right / count, examples: count }
    },
    async boundary() {
      if (!boundaryGrid) return null
      return floats((await field({ x: boundaryGrid })).field)
    },
    async tiles() {
      if (tileGrid) return planeTiles((await first({ x: tileGrid })).units)
      return weightTiles(await env.name('first/weight').get())
    },
    async predict(image) {
      const { scores } = await infer({ x: hostArray(image, [1, ...shape]) })
      return floats(scores)
    },
    async save() {
      const { encodeSafetensors } = await import('./weights.ts')
      return encodeSafetensors(await env.save({ names })) as Uint8Array<ArrayBuffer>
    },
    async load(bytes) {
      const { decodeSafetensors } = await import('./weights.ts')
      env.load(decodeSafetensors(bytes).tensors, { names })
    },
    memory: () => runtime.memory()[0],
    recover: () => runtime.recover(),
    close: () => env.dispose(),
  }
}

const floats = (value: HostArray): Float32Array<ArrayBuffer> => Float32Array.from(value.data as Float32Array)

/** Batches in random order, epoch after epoch. */
async function* endless({ batch, seed }: TrainSettings, { train }: Problem): AsyncGenerator<Fed, never> {
  for (let epoch = 0; ; epoch++)
    yield* batches(train, { size: Math.min(batch, train.rowCount), shuffle: true, seed, epoch, dropLast: true })
}
interface Fed {
  readonly x: HostArray
  readonly y: HostArray
}

/** What each unit makes of the plane: [cells, units] to an image a unit. */
function planeTiles({ data, shape: [cells, units] }: HostArray): Tiles {
  const count = Math.min(units, MOST_TILES)
  const values = new Float32Array(count * cells)
  for (let unit = 0; unit < count; unit++)
    for (let cell = 0; cell < cells; cell++) values[unit * cells + cell] = data[cell * units + unit] as number
  return { kind: 'plane', side: TILE_SIDE, count, units, values }
}

/** Weights as images: columns of a dense layer's [784, units], or a convolution's kernels [units, 1, side, side]. */
function weightTiles({ data, shape }: HostArray): Tiles {
  if (shape.length === 4) {
    const [units, , side] = shape
    const count = Math.min(units, MOST_TILES)
    return {
      kind: 'weights',
      side,
      count,
      units,
      values: Float32Array.from(data.subarray(0, count * side * side) as Float32Array),
    }
  }
  const [cells, units] = shape
  const count = Math.min(units, MOST_TILES)
  const values = new Float32Array(count * cells)
  for (let unit = 0; unit < count; unit++)
    for (let cell = 0; cell < cells; cell++) values[unit * cells + cell] = data[cell * units + unit] as number
  return { kind: 'weights', side: 28, count, units, values }
}
