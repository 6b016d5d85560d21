import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  argMax,
  cast,
  createRuntime,
  expandDims,
  full,
  grad,
  greater,
  hostArray,
  matmul,
  mean,
  mul,
  sizeOf,
  square,
  sum,
  tanh,
  type Context,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { cond, scan, sin } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { checkpoint, createCheckpointProfiler, saveContractions } from '../src/index.ts'
import { values } from './models.ts'

const runtime: Runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
afterAll(() => runtime.close())

type Layer = (...args: Tensor[]) => Tensor
type Wrap = (fn: Layer) => Layer
const plainly: Wrap = (fn) => fn
const asSegment: Wrap = (fn) => checkpoint(fn)

/** What a program gives, and its plan. */
async function run(body: (ctx: Context) => Record<string, Tensor>, shapes: Record<string, readonly number[]>) {
  const env = runtime.variables()
  const step = env.compile(body)
  const entries = Object.entries(shapes).map(([name, shape], i) => [name, hostArray(values(sizeOf(shape), i), shape)])
  const feeds = Object.fromEntries(entries)
  const results = await step(feeds)
  const plan = await step.plan(feeds)
  env.dispose()
  return { numbers: Object.fromEntries(Object.entries(results).map(([name, h]) => [name, [...h.data]])), plan }
}

describe('bits of what is computed again', () => {
  it('are those of a value that is read beside its mark too, to third order', async () => {
    const program =
      (mark: (t: Tensor) => Tensor) =>
      (ctx: Context): Record<string, Tensor> => {
        const x = ctx.placeholder('x', [16, 16])
        const w = ctx.placeholder('w', [16, 16])
        const h = tanh(matmul(x, w))
        const m = mark(h)
        const y = mean(square(add(add(sin(matmul(m, w)), matmul(h, h)), add(sin(h), mul(tanh(matmul(m, m)), h)))))
        const [first] = grad([y], [w])
        const [second] = grad([sum(mul(first, sin(first)))], [w])
        const [third] = grad([sum(sin(second))], [x])
        return { y, first, second, third }
      }
    const shapes = { x: [16, 16], w: [16, 16] }
    const plain = await run(
      program((t) => t),
      shapes,
    )
    const marked = await run(
      program((t) => checkpoint(t)),
      shapes,
    )
    expect(marked.numbers).toEqual(plain.numbers)
    expect(marked.plan.steps.some((s) => s.pass === 'recompute')).toBe(true)
  })

  it.each<[what: string, shape: readonly [number, number], beside: (x: Tensor) => Tensor]>([
    ['float64', [64, 333], (x) => cast(sum(sin(sum(cast(square(x), 'float64'), { axis: 1 }))), 'float32')],
    ['a search', [8, 70_000], (x) => cast(sum(argMax(square(x), { axis: 1 })), 'float32')],
  ])('of sums do not follow what is computed beside: %s', async (_, shape, beside) => {
    const program =
      (wrap: Wrap) =>
      (ctx: Context): Record<string, Tensor> => {
        const x = ctx.placeholder('x', shape)
        const f = wrap((t) => {
          const scaled = mul(t, expandDims(sin(sum(square(t), { axis: 1 })), 1))
          return mul(tanh(matmul(scaled, full([shape[1], 8], 0.01))), 2)
        })
        const y = add(sum(tanh(matmul(f(x), full([8, 8], 0.3)))), mul(beside(x), 1e-3))
        return { y, g: grad([y], [x])[0] }
      }
    const plain = await run(program(plainly), { x: shape })
    const again = await run(program(asSegment), { x: shape })
    expect(again.numbers).toEqual(plain.numbers)
    expect(again.plan.steps.some((s) => s.pass === 'recompute' && s.label.includes('sum'))).toBe(true)
  })
})

/** A loop with a deep cell, its gradient, and gradients of that. */
const looped =
  (wrap: Wrap, inner: Wrap = plainly, mark = (t: Tensor): Tensor => t) =>
  (ctx: Context): Record<string, Tensor> => {
    const h0 = ctx.placeholder('h', [8, 16])
    const w = ctx.placeholder('w', [16, 16])
    const part = inner((h) => tanh(sin(matmul(h, w))))
    const cell = wrap((h, x) => tanh(add(matmul(sin(mark(part(h))), w), x)))
    const [h, ys] = scan(
      (carry: Tensor, x) => {
        const next = cell(carry, x)
        return [next, sin(next)]
      },
      h0,
      ctx.placeholder('xs', [12, 8, 16]),
    )
    const y = add(mean(square(h)), sum(square(ys)))
    const [g] = grad([y], [w])
    const [gg, gh] = grad([sum(mul(g, sin(g)))], [w, h0])
    return { y, g, gg, gh }
  }
const loopShapes = { h: [8, 16], w: [16, 16], xs: [12, 8, 16] }

describe('segments within loops', () => {
  it.each<[name: string, body: ReturnType<typeof looped>]>([
    ['a segment', looped(asSegment)],
    ['one within another', looped(asSegment, asSegment)],
    ['one with a policy', looped((fn) => checkpoint(fn, { policy: saveContractions() }))],
    ['a value', looped(plainly, plainly, checkpoint)],
    [
      'a segment around the loop and one within',
      (ctx) => {
        const whole = checkpoint(() => looped(asSegment)(ctx))
        return whole()
      },
    ],
  ])('%s: the same bits to second order', async (_, body) => {
    const plain = await run(looped(plainly), loopShapes)
    expect((await run(body, loopShapes)).numbers).toEqual(plain.numbers)
  })

  const first = (wrap: Wrap, mark?: (t: Tensor) => Tensor) => (ctx: Context) => {
    const { y, g } = looped(wrap, plainly, mark)(ctx)
    return { y, g }
  }

  it('keep fewer values, which plans and the profiler tell', async () => {
    const plain = await run(first(plainly), loopShapes)
    // The value is computed again on the way of what reads it.
    for (const [body, count] of [
      [first(asSegment), 2],
      [first(plainly, checkpoint), 0],
    ] as const) {
      const profiler = createCheckpointProfiler(runtime)
      profiler.startTracking()
      const again = await run(body, loopShapes).finally(() => profiler.stopTracking())
      expect(again.numbers).toEqual(plain.numbers)
      expect(again.plan.arenaBytes).toBeLessThan(plain.plan.arenaBytes)
      expect(again.plan.plainArenaBytes).toBe(plain.plan.arenaBytes)
      expect(profiler.memorySaved()).toBe(plain.plan.arenaBytes - again.plan.arenaBytes)
      expect(profiler.checkpointCount()).toBe(count)
      // In every iteration.
      expect(profiler.recomputedOps()).toBe(12 * count)
    }
  })

  it('cost nothing where there is nothing to compute again', async () => {
    const plain = await run(first(plainly), loopShapes)
    const again = await run(
      first((fn) => (h, x) => checkpoint(sin)(fn(h, x))),
      loopShapes,
    )
    expect(again.plan.plainArenaBytes ?? again.plan.arenaBytes).toBeGreaterThan(0)
    expect(plain.plan.plainArenaBytes).toBeUndefined()
  })

  it('refuse policies that ask what plans take', async () => {
    const asking = Object.assign(() => 'mustSave' as const, {
      plan: ({ peakOf }: { peakOf(plan: ReadonlyMap<Tensor, number>): number }) =>
        new Map([[tanh(1), peakOf(new Map())]]),
    })
    await expect(
      run(
        first((fn) => checkpoint(fn, { policy: asking })),
        loopShapes,
      ),
    ).rejects.toMatchObject({
      code: 'SETTING',
      message: expect.stringMatching(/within a loop asked for peaks/) as string,
    })
  })
})

describe('segments within branches', () => {
  it('have the same bits, and plans tell what they save', async () => {
    const program =
      (wrap: Wrap) =>
      (ctx: Context): Record<string, Tensor> => {
        const x = ctx.placeholder('x', [32, 32])
        const deep = wrap((h) => tanh(matmul(sin(tanh(matmul(sin(tanh(matmul(h, h))), h))), h)))
        const h = cond(greater(sum(x), -1e9), (v) => deep(tanh(matmul(deep(v), v))), sin, x)
        return { h, g: grad([sum(square(h))], [x])[0] }
      }
    const shapes = { x: [32, 32] }
    const plain = await run(program(plainly), shapes)
    const again = await run(program(asSegment), shapes)
    expect(again.numbers).toEqual(plain.numbers)
    expect(again.plan.plainArenaBytes).toBe(plain.plan.arenaBytes)
  })
})
