import { hostArray, type Runtime, type Tensor } from '@gradloom/core'
import { uniform } from '../inputs.ts'
import { median } from '../session.ts'
import type { Meter } from './meter.ts'

/** Something that is computed over and over, its result left on the device. */
export interface Kernel {
  readonly id: string
  readonly shapes: readonly (readonly number[])[]
  readonly body: (...inputs: Tensor[]) => Tensor
  readonly flops?: number
  /** Bytes that must be read and written. */
  readonly bytes?: number
}

/** Milliseconds of a run, of `inARow` so that the device never waits for the host. The first round compiles. */
export async function timeOf(
  runtime: Runtime,
  meter: Meter,
  { shapes, body }: Kernel,
  rounds: number,
  inARow: number,
): Promise<number> {
  const env = runtime.variables()
  shapes.forEach((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1)
    env.name(`x${i}`).set(hostArray(uniform(size, i + 1, -1, 1), shape))
  })
  const step = env.compile((ctx) => ({ y: body(...shapes.map((_, i) => ctx.variable(`x${i}`))) }))
  const times: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const begin = performance.now()
    for (let i = 0; i < inARow; i++) (await step({}, { keep: true })).y.dispose()
    await meter.idle()
    if (round) times.push((performance.now() - begin) / inARow)
  }
  return median(times)
}
