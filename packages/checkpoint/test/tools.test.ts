import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, hostArray, matmul, mean, square, tanh, type Policy } from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'
import { profile } from '@gradloom/inspect'
import { layers, relu } from '@gradloom/nn'
import { sgd } from '@gradloom/optim'
import { createRng } from '@gradloom/ops'
import { describe, expect, it } from 'vitest'
import {
  createCheckpointProfiler,
  everyN,
  explainResiduals,
  paretoFront,
  revolve,
  saveNothing,
  sqrt,
} from '../src/index.ts'
import { chain, DEPTH, train, values } from './models.ts'

const models: [name: string, shape: readonly number[], make: () => layers.Layer<never>][] = [
  [
    'a chain',
    [64, 32],
    () => layers.sequential(...Array.from({ length: 8 }, () => layers.linear(32, 32)), relu) as never,
  ],
  [
    'convolutions',
    [4, 3, 12, 12],
    () =>
      layers.sequential(
        layers.conv2d(3, 8, { kernelSize: 3 }),
        relu,
        layers.conv2d(8, 8, { kernelSize: 3 }),
        relu,
        layers.conv2d(8, 8, { kernelSize: 3 }),
        tanh,
      ) as never,
  ],
  [
    'transformer blocks',
    [2, 16, 32],
    () => layers.sequential(...Array.from({ length: 3 }, () => layers.transformerBlock(32, { heads: 4 }))) as never,
  ],
  [
    'normalised layers',
    [32, 16],
    () =>
      layers.sequential(
        layers.linear(16, 64),
        layers.layerNorm(64),
        tanh,
        layers.linear(64, 64),
        layers.layerNorm(64),
        tanh,
      ) as never,
  ],
  [
    'layers that widen',
    [32, 8],
    () =>
      layers.sequential(
        layers.linear(8, 128),
        tanh,
        layers.linear(128, 16),
        tanh,
        layers.linear(16, 256),
        tanh,
      ) as never,
  ],
]

/** The arena that a backend really took for two steps, and what a profiler told of them. */
async function arenaOf(shape: readonly number[], make: () => layers.Layer<never>, rematerialise?: Policy) {
  const runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
  try {
    const env = runtime.variables()
    const model = make()
    const initial = model.init(createRng(1))
    layers.setVariables(env, initial)
    const profiler = createCheckpointProfiler(runtime)
    const step = env.compile(
      (ctx) => {
        const loss = mean(square(model.apply(layers.getVariables(ctx, initial), ctx.placeholder('x', [...shape]))))
        return { loss, train: sgd({ learningRate: 0.1 }).minimize(loss, ctx.variables()) }
      },
      { rematerialise },
    )
    const feeds = {
      x: hostArray(
        values(
          shape.reduce((a, b) => a * b, 1),
          1,
        ),
        [...shape],
      ),
    }
    profiler.startTracking()
    try {
      for (let i = 0; i < 2; i++) await step(feeds)
    } finally {
      profiler.stopTracking()
    }
    return { arena: runtime.memory()[0].arena, profiler, plan: await step.plan(feeds) }
  } finally {
    await runtime.close()
  }
}

describe('the profiler', () => {
  it.each(models)('of %s tells the difference of two real arenas, to the byte', async (_, shape, make) => {
    const plain = await arenaOf(shape, make)
    expect(plain.profiler.memorySaved()).toBe(0)
    expect(plain.profiler.checkpointCount()).toBe(0)
    expect(plain.profiler.recomputedOps()).toBe(0)
    expect(plain.profiler.recomputedFlops()).toBe(0)
    for (const policy of [sqrt(), everyN(2), revolve(1)]) {
      const { arena, profiler, plan } = await arenaOf(shape, make, policy)
      expect(profiler.memorySaved()).toBe(plain.arena - arena)
      expect(profiler.recomputedOps()).toBe(2 * plan.steps.filter((s) => s.pass === 'recompute').length)
    }
  })

  it('counts what is computed again, and forgets it', async () => {
    const [, shape, make] = models[0]
    const { profiler } = await arenaOf(shape, make, saveNothing())
    expect(profiler.checkpointCount()).toBeGreaterThan(0)
    expect(profiler.recomputedFlops()).toBeGreaterThan(2 * 2 * 64 * 32 * 32)
    expect(profiler.recomputeTime()).toBeGreaterThan(0)
    profiler.resetStatistics()
    expect([profiler.checkpointCount(), profiler.recomputedOps(), profiler.recomputeTime()]).toEqual([0, 0, 0])
    expect([profiler.peak(), profiler.plainPeak()]).toEqual([0, 0])
  })
})

describe('profilers within one another', () => {
  it('all count, and time, what runs', async () => {
    const runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
    const env = runtime.variables()
    env.name('w').set(hostArray(values(64 * 64, 1), [64, 64]))
    const step = env.compile(
      (ctx) => {
        let h = ctx.placeholder('x', [256, 64])
        for (let i = 0; i < 6; i++) h = tanh(matmul(h, ctx.variable('w')))
        const loss = mean(square(h))
        return { loss, train: sgd({ learningRate: 0.1 }).minimize(loss, ctx.variables()) }
      },
      { rematerialise: sqrt() },
    )
    const feeds = { x: hostArray(values(256 * 64, 2), [256, 64]) }
    const [outer, inner] = [createCheckpointProfiler(runtime), createCheckpointProfiler(runtime)]
    outer.startTracking()
    inner.startTracking()
    await step(feeds)
    // Another tool that times plans sees them run through both.
    const { onRun } = ambient
    ambient.onRun = async (part, inputs, keep) =>
      onRun!({ ...part, executable: { ...part.executable, profile: undefined } as never }, inputs, keep)
    await step(feeds)
    ambient.onRun = onRun
    // `profile` hides nothing from what counts.
    const counted = inner.recomputedOps()
    await profile(step, feeds, { runs: 1, warmup: 0 })
    expect(inner.recomputedOps()).toBe((counted * 3) / 2)
    inner.stopTracking()
    outer.stopTracking()
    expect(inner.recomputedOps()).toBeGreaterThan(0)
    expect(inner.recomputedOps()).toBe(outer.recomputedOps())
    expect(inner.recomputeTime()).toBeGreaterThan(0)
    expect(outer.recomputeTime()).toBe(inner.recomputeTime())
    await runtime.close()
  })
})

describe('residuals', () => {
  it('are what the backward pass reads of the forward pass', async () => {
    const plain = await train(chain())
    const { values: kept, byteLength, plainArenaBytes } = explainResiduals(plain.plan)
    // The last one goes with the kernel that begins the backward pass.
    expect(kept.filter((v) => v.byteLength === 64 * 32 * 4 && v.ops.includes('tanh'))).toHaveLength(DEPTH - 1)
    expect(byteLength).toBeLessThanOrEqual(plain.plan.arenaBytes)
    expect(plainArenaBytes).toBe(plain.plan.arenaBytes)
    expect(kept.every((v) => v.why === 'backward' && v.from < v.to)).toBe(true)
  })

  it('are fewer where values are computed again of them', async () => {
    const { plan } = await train(chain(), { rematerialise: everyN(3) })
    const residuals = explainResiduals(plan)
    expect(residuals.values.some((v) => v.why !== 'backward')).toBe(true)
    expect(residuals.values.length).toBeLessThan(DEPTH)
    expect(String(residuals)).toMatch(/less than without recomputation\n *bytes +scope +computed by/)
    expect(JSON.parse(JSON.stringify(residuals))).toEqual({ ...residuals })
  })
})

describe('a Pareto front', () => {
  it('has less memory for more recomputation, row by row', async () => {
    const rows = await paretoFront(
      async (rematerialise) => (await train(chain(), { rematerialise })).plan,
      [0.9, 0.9, 0.7, 0.69, 0.5, 0.01],
    )
    expect(rows.length).toBeGreaterThanOrEqual(3)
    rows.slice(1).forEach((row, i) => {
      expect(row.arenaBytes).toBeLessThan(rows[i].arenaBytes)
      expect(row.recomputedFlops).toBeGreaterThan(rows[i].recomputedFlops)
    })
    await expect(paretoFront(async () => Promise.reject(new Error('none')), [-1])).rejects.toThrow(/positive fractions/)
  })
  it('takes plans that are there already, and passes on what is thrown for them', async () => {
    const { plan } = await train(chain())
    await expect(paretoFront((() => plan) as never, [0.5])).resolves.toHaveLength(1)
    const once = (policy: unknown): unknown => (policy ? null : plan)
    await expect(paretoFront(once as never, [0.5])).rejects.toThrow('paretoFront: a plan')
    const fails = (policy: unknown): unknown => {
      if (policy) throw new RangeError('no')
      return plan
    }
    await expect(paretoFront(fails as never, [0.5])).rejects.toThrow(RangeError)
  })
})
