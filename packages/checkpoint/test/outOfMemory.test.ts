import { cpu } from '@gradloom/backend-cpu'
import {
  assign,
  createRuntime,
  grad,
  hostArray,
  matmul,
  mean,
  mul,
  OutOfMemoryError,
  square,
  sub,
  tanh,
  updates,
  type Context,
  type Policy,
} from '@gradloom/core'
import { describe, expect, it } from 'vitest'
import { budget } from '../src/index.ts'

const DEPTH = 18
const WIDTH = 64
const ROWS = 512
const SUGGESTION = /budget\((\d+)\) } of @gradloom\/checkpoint, and its plan takes (\d+) bytes in place of (\d+)/

const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) / 4)

function loss(ctx: Context, width: number, rows: number) {
  const h = ctx.variables().reduce((x, w) => tanh(matmul(x, w)), ctx.placeholder('x', [rows, width]))
  return mean(square(h))
}

/** Losses of three steps of a deep network, and the arena that they took. */
async function train({
  memoryLimit,
  rematerialise,
  width = WIDTH,
  rows = ROWS,
  placement,
}: {
  memoryLimit?: number
  rematerialise?: Policy
  width?: number
  rows?: number
  placement?: 'inline' | 'worker'
}) {
  const rt = createRuntime({ backends: [cpu({ threads: 1, memoryLimit, placement })] })
  try {
    const env = rt.variables()
    for (let i = 0; i < DEPTH; i++) env.name(`w${i}`).set(hostArray(numbers(width * width, i), [width, width]))
    const step = env.compile(
      (ctx) => {
        const weights = ctx.variables()
        const value = loss(ctx, width, rows)
        const next = grad([value], weights).map((g, i) => assign(weights[i], sub(weights[i], mul(0.1, g))))
        return { value, train: updates(...next) }
      },
      { rematerialise },
    )
    const feeds = { x: hostArray(numbers(rows * width, 99), [rows, width]) }
    const losses: number[] = []
    for (let i = 0; i < 3; i++) losses.push((await step(feeds)).value.item())
    return { losses, arena: rt.memory()[0].arena }
  } finally {
    await rt.close()
  }
}

const refusal = (options: Parameters<typeof train>[0]): Promise<OutOfMemoryError> =>
  train(options).then(
    () => Promise.reject(new Error('it fits')),
    (error: unknown) => error as OutOfMemoryError,
  )

describe('where memory runs out', () => {
  it('the error names the peak, the largest values and a budget, and training with it fits and has the same bits', async () => {
    const plain = await train({})
    const memoryLimit = 0.8 * plain.arena
    const error = await refusal({ memoryLimit })
    expect(error).toBeInstanceOf(OutOfMemoryError)
    expect(error.message).toMatch(/the plan's peak is \d+ bytes, its largest buffers: \d+ bytes of float32 \(/)
    const [, bytes, reached, peak] = SUGGESTION.exec(error.message)!.map(Number)
    expect(reached).toBe(bytes)
    expect(peak).toBeGreaterThan(memoryLimit / 2)
    const saving = await train({ memoryLimit, rematerialise: budget(bytes) })
    expect(saving.losses).toEqual(plain.losses)
    expect(saving.arena).toBeLessThan(plain.arena)
    expect((await refusal({ memoryLimit, placement: 'worker' })).message).toBe(error.message)
  })

  it('variables that find no room beside the plan are told what it takes, and a budget that leaves it', async () => {
    const sizes = { width: 128, rows: 256 }
    const plain = await train(sizes)
    // The plan alone would fit.
    const memoryLimit = plain.arena + 400_000
    const error = await refusal({ ...sizes, memoryLimit })
    expect(error.message).toMatch(/the plan's peak is \d+ bytes, its largest buffers/)
    const [, bytes] = SUGGESTION.exec(error.message)!.map(Number)
    const saving = await train({ ...sizes, memoryLimit, rematerialise: budget(bytes) })
    expect(saving.losses).toEqual(plain.losses)
  })

  it('where the smallest plan that was found does not fit either, the error says what is free', async () => {
    const error = await refusal({ memoryLimit: 700_000 })
    expect(error.message).toMatch(SUGGESTION)
    expect(error.message).toMatch(/no more than \d+ are free: feed less, too$/)
  })

  it('a program without gradients has nothing to compute again, and is told no policy', async () => {
    const rt = createRuntime({ backends: [cpu({ threads: 1, memoryLimit: 1 << 20 })] })
    const env = rt.variables()
    for (let i = 0; i < DEPTH; i++) env.name(`w${i}`).set(hostArray(numbers(WIDTH * WIDTH, i), [WIDTH, WIDTH]))
    const step = env.compile((ctx) => ({ value: loss(ctx, WIDTH, 8192) }))
    const error: unknown = await step({ x: hostArray(numbers(8192 * WIDTH, 9), [8192, WIDTH]) }).catch(
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(OutOfMemoryError)
    expect((error as Error).message).not.toContain('budget')
    await rt.close()
  })
})
