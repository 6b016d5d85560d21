import { cpu } from '@gradloom/backend-cpu'
import {
  createRuntime,
  grad,
  hostArray,
  matmul,
  mean,
  square,
  updates,
  assign,
  mul,
  sub,
  tanh,
  type Context,
  type Plan,
  type Policy,
  type Tensor,
} from '@gradloom/core'

export const DEPTH = 12
const WIDTH = 32
const ROWS = 64

/** Values in [-0.5, 0.5) that look random. */
export const values = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453) % 1) / 2)

export type Layer = (x: Tensor, i: number) => Tensor

/** What training a chain of layers for three steps gave, and the plan that it ran. */
export interface Trained {
  readonly losses: readonly number[]
  readonly plan: Plan
  readonly arena: number
}

/** Trains a chain of `depth` layers of which `apply` makes a value. */
export async function train(
  apply: (x: Tensor, layer: Layer, ctx: Context) => Tensor,
  { rematerialise, depth = DEPTH, threads = 1 }: { rematerialise?: Policy; depth?: number; threads?: number } = {},
): Promise<Trained> {
  const runtime = createRuntime({ backends: [cpu({ threads })] })
  try {
    const env = runtime.variables()
    for (let i = 0; i < depth; i++) env.name(`w${i}`).set(hostArray(values(WIDTH * WIDTH, i), [WIDTH, WIDTH]))
    const step = env.compile(
      (ctx) => {
        const layer: Layer = (x, i) => tanh(matmul(x, ctx.variable(`w${i}`)))
        const loss = mean(square(apply(ctx.placeholder('x', [ROWS, WIDTH]), layer, ctx)))
        const weights = ctx.variables()
        const gradients = grad([loss], weights)
        return { loss, train: updates(...weights.map((w, i) => assign(w, sub(w, mul(gradients[i], 0.1))))) }
      },
      { rematerialise },
    )
    const feeds = { x: hostArray(values(ROWS * WIDTH, 99), [ROWS, WIDTH]) }
    const plan = await step.plan(feeds)
    const losses: number[] = []
    for (let i = 0; i < 3; i++) losses.push((await step(feeds)).loss.item())
    return { losses, plan, arena: runtime.memory()[0].arena }
  } finally {
    await runtime.close()
  }
}

/** All layers, one after another. */
export const chain =
  (depth = DEPTH) =>
  (x: Tensor, layer: Layer): Tensor =>
    Array.from({ length: depth }, (_, i) => i).reduce(layer, x)

/** How many steps of a plan compute something again. */
export const recomputedSteps = ({ steps }: Plan): number => steps.filter((s) => s.pass === 'recompute').length
