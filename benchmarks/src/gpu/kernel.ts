import { hostArray, type Runtime, type Tensor } from '@gradloom/core'
import { profile } from '@gradloom/inspect'
import { uniform } from '../inputs.ts'

/** Something that is computed over and over, its result left on the device. */
export interface Kernel {
  readonly id: string
  readonly shapes: readonly (readonly number[])[]
  readonly body: (...inputs: Tensor[]) => Tensor
  readonly flops?: number
  /** Bytes that must be read and written. */
  readonly bytes?: number
}

/** Calls before those that are timed: compiling, and the clocks of a card that was idle. */
const WARM = 40
const CALLS_A_ROUND = 10

/** Milliseconds that the device takes for a run, by its own clock: the mean of calls in turn. */
export async function timeOf(runtime: Runtime, { shapes, body }: Kernel, rounds: number): Promise<number> {
  const env = runtime.variables()
  shapes.forEach((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1)
    env.name(`x${i}`).set(hostArray(uniform(size, i + 1, -1, 1), shape))
  })
  const step = env.compile((ctx) => ({ y: body(...shapes.map((_, i) => ctx.variable(`x${i}`))) }))
  const run = async (): Promise<void> => (await step({}, { keep: true })).y.dispose()
  const { steps } = await profile(run, {}, { runs: rounds * CALLS_A_ROUND, warmup: WARM })
  return steps.reduce((sum, { ms }) => sum + ms, 0)
}
