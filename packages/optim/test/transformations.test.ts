import { describe, expect, it } from 'vitest'
import {
  add,
  matmul,
  mean,
  mul,
  NameError,
  square,
  sub,
  sum,
  tensor,
  type HostArray,
  type VariableEnvironment,
} from '@gradloom/core'
import {
  accumulate,
  adam,
  averaged,
  chain,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  addDecayedWeights,
  cosine,
  ema,
  freeze,
  maskedBy,
  perGroup,
  reduceOnPlateau,
  rmsprop,
  scaleLoss,
  SettingError,
  sgd,
  type Optimizer,
  type Transformation,
} from '../src/index.ts'
import { runtime, variables, values, type Step, ramp } from './transformations-support.ts'

describe('clipping', () => {
  const clipped = async (
    by: Transformation,
  ): Promise<{ a: number[]; b: number[]; step: Record<string, HostArray> }> => {
    const env = variables({ a: [0, 0], b: [0] })
    const step = await ramp(env, chain(by, sgd({ learningRate: 1 })))({ scale: 2 })
    return { a: await values(env, 'a'), b: await values(env, 'b'), step }
  }
  it('by value bounds every element', async () => {
    const { a, b } = await clipped(clipByValue(3))
    expect([a, b]).toEqual([[-2, -3], [-2]])
  })
  it('by norm bounds each parameter on its own', async () => {
    const { a, b } = await clipped(clipByNorm(Math.sqrt(5)))
    expect(a.map((v) => v.toFixed(5))).toEqual(['-1.00000', '-2.00000'])
    expect(b).toEqual([-2])
  })
  it('by global norm keeps directions and reports the norm before', async () => {
    const { a, b, step } = await clipped(clipByGlobalNorm(1))
    expect(step.gradientNorm.item()).toBeCloseTo(Math.sqrt(4 + 16 + 4), 12)
    expect(Math.hypot(...a, ...b)).toBeCloseTo(1, 5)
    expect(a[1] / a[0]).toBeCloseTo(2, 12)
  })
  it('leaves gradients of zeros finite', async () => {
    const env = variables({ a: [1, 2] })
    await ramp(env, chain(clipByGlobalNorm(1), sgd({ learningRate: 1 })))({ scale: 0 })
    expect(await values(env, 'a')).toEqual([1, 2])
  })
})

describe('the learning rate', () => {
  it('is a variable that can be set between steps, without another plan', async () => {
    const env = variables({ a: [0] })
    const step = ramp(env, sgd({ learningRate: 0.5 }))
    expect((await step({ scale: 1 })).learningRate.item()).toBe(0.5)
    const plans = runtime.plansCompiled
    env.assign('optimizer/learningRate', 2)
    await step({ scale: 1 })
    expect(await values(env, 'a')).toEqual([-2.5])
    expect(runtime.plansCompiled).toBe(plans)
  })
  it('follows a schedule from its value at 0, in one plan', async () => {
    const rate = cosine(1, { steps: 4 })
    const env = variables({ a: [0] })
    const step = ramp(env, sgd({ learningRate: rate }))
    const seen: number[] = []
    seen.push((await step({ scale: 1 })).learningRate.item())
    const plans = runtime.plansCompiled
    for (let k = 1; k < 5; k++) seen.push((await step({ scale: 1 })).learningRate.item())
    seen.forEach((r, k) => expect(r).toBeCloseTo(rate.valueAt(k), 12))
    expect(runtime.plansCompiled).toBe(plans)
  })
  it('can be fed', async () => {
    const env = variables({ a: [1] })
    const step = env.compile((ctx) => ({
      train: sgd({ learningRate: ctx.placeholder('rate', [], 'float64') }).minimize(
        sum(ctx.variable('a')),
        ctx.variables(),
      ),
    }))
    await step({ rate: 0.25 })
    expect(await values(env, 'a')).toEqual([0.75])
  })
})

describe('accumulate', () => {
  const rows = [
    [1, 2],
    [3, -1],
    [0.5, 0.5],
    [-2, 1],
  ]
  const targets = [1, 2, 3, 4]
  const trainer = (env: VariableEnvironment, opt: Optimizer) =>
    env.compile((ctx) => {
      const x = ctx.placeholder('x', [-1, 2], 'float64')
      const y = ctx.placeholder('y', [-1], 'float64')
      const loss = mean(square(sub(matmul(x, ctx.variable('w')), y)))
      return { loss, train: opt.minimize(loss, ctx.variables()) }
    })
  it('equals steps on the whole batch, with state and schedule counted by whole steps', async () => {
    const make = (): Optimizer => adam({ learningRate: cosine(0.3, { steps: 3 }) })
    const whole = variables({ w: [0.1, -0.2] })
    const parts = variables({ w: [0.1, -0.2] })
    const big = trainer(whole, make())
    const small = trainer(parts, accumulate(4, make()))
    for (let k = 0; k < 3; k++) {
      await big({ x: rows, y: targets })
      for (let i = 0; i < 4; i++) {
        const before = await values(parts, 'w')
        await small({ x: [rows[i]], y: [targets[i]] })
        if (i < 3) expect(await values(parts, 'w')).toEqual(before)
      }
      const [a, b] = [await values(whole, 'w'), await values(parts, 'w')]
      a.forEach((v, i) => expect(b[i]).toBeCloseTo(v, 13))
    }
  })
  it('refuses counts below 1', () => {
    expect(() => accumulate(0, adam())).toThrow(SettingError)
  })
})

describe('groups', () => {
  it('give each parameter its optimizer, with state and reports by group', async () => {
    const env = variables({ 'head/w': [0], 'body/w': [0], 'body/b': [0] })
    const { 'fast/learningRate': fast, 'slow/learningRate': slow } = await ramp(
      env,
      perGroup((n) => (n.startsWith('head') ? 'fast' : n.endsWith('b') ? 'fixed' : 'slow'), {
        fast: sgd({ learningRate: 1 }),
        slow: sgd({ learningRate: 0.1 }),
        fixed: freeze(),
      }),
    )({ scale: 1 })
    expect([await values(env, 'head/w'), await values(env, 'body/w'), await values(env, 'body/b')]).toEqual([
      [-1],
      [-0.1],
      [0],
    ])
    expect([fast.item(), slow.item()]).toEqual([1, 0.1])
    expect(env.variableNames()).toContain('optimizer/fast/learningRate')
  })
  it('refuse a name without an optimizer', () => {
    const env = variables({ a: [0] })
    expect(() =>
      ramp(
        env,
        perGroup(() => 'other', { main: adam() }),
      ),
    ).toThrow(NameError)
  })
  it('maskedBy leaves the gradients of others alone', async () => {
    const env = variables({ w: [10], b: [10] })
    await ramp(
      env,
      chain(
        maskedBy((n) => n === 'w', addDecayedWeights(0.1)),
        sgd({ learningRate: 1 }),
      ),
    )({ scale: 1 })
    expect([await values(env, 'w'), await values(env, 'b')]).toEqual([[8], [9]])
  })
})

describe('ema', () => {
  it('averages the parameters after each step, starting with the first', async () => {
    const env = variables({ a: [0] })
    const step = ramp(env, chain(sgd({ learningRate: 1 }), ema(0.75)))
    for (let i = 0; i < 3; i++) await step({ scale: 1 })
    const read = env.compile((ctx) => ({ a: averaged(ctx.variables())[0] }))
    expect((await read()).a.array()).toEqual([-1 * 0.75 * 0.75 + -2 * 0.25 * 0.75 + -3 * 0.25])
  })
})

describe('scaleLoss', () => {
  it('takes the steps of the optimizer within, and skips those that are not finite', async () => {
    const plain = variables({ a: [1, 1] })
    const scaled = variables({ a: [1, 1] })
    const one = ramp(plain, adam({ learningRate: 0.1 }))
    const two = ramp(scaled, scaleLoss(adam({ learningRate: 0.1 }), { initial: 1024, interval: 2 }))
    const scales: number[] = []
    for (const scale of [1, Infinity, 2, 3, 4]) {
      if (scale < Infinity) await one({ scale })
      scales.push((await two({ scale })).lossScale.item())
    }
    expect(scales).toEqual([1024, 1024, 512, 512, 1024])
    const [a, b] = [await values(plain, 'a'), await values(scaled, 'a')]
    a.forEach((v, i) => expect(b[i]).toBeCloseTo(v, 13))
    expect(await values(scaled, 'optimizer/step')).toEqual([4])
  })
  it('works around accumulate, and is refused where it could not undo its scale', async () => {
    const env = variables({ a: [0] })
    const step = ramp(env, scaleLoss(accumulate(2, sgd({ learningRate: 1 }))))
    for (const scale of [1, 3]) await step({ scale })
    expect(await values(env, 'a')).toEqual([-2])
    const scaled = scaleLoss(sgd({ learningRate: 1 }))
    expect(() => accumulate(2, scaled)).toThrow(SettingError)
    expect(() => maskedBy(() => true, scaled)).toThrow(SettingError)
    expect(() =>
      ramp(
        variables({ a: [0] }),
        perGroup(() => 'all', { all: scaled }),
      ),
    ).toThrow(SettingError)
    expect(() => scaled.next({ params: { a: tensor([1]) }, gradients: { a: tensor([1]) } })).toThrow(SettingError)
  })
})

describe('scaleLoss, far out', () => {
  const run = async (scales: number[], options: object, dtype: 'float32' | 'float64' = 'float32') => {
    const env = runtime.variables()
    env.name('a').set(tensor([1], { dtype }))
    const step = env.compile((ctx) => {
      const loss = mul(sum(ctx.variable('a')), ctx.placeholder('scale', [], dtype))
      const train = scaleLoss(sgd({ learningRate: 1 }), options).minimize(loss, ctx.variables())
      return { ...train.reports, train }
    })
    for (const scale of scales) await step({ scale })
    return { a: (await values(env, 'a'))[0], scale: (await values(env, 'optimizer/lossScale/scale'))[0] }
  }
  it('stops growing at what float32 holds, and goes on to step', async () => {
    const { a, scale } = await run(new Array<number>(300).fill(2 ** -130), { interval: 1, growth: 4 })
    expect(scale).toBe(2 ** 127)
    expect(a).toBeLessThanOrEqual(1)
    expect((await run(new Array<number>(400).fill(0.5), { interval: 1 }, 'float64')).a).toBe(1 - 400 / 2)
  })
  it('stops shrinking above 0, and leaves weights as they are meanwhile', async () => {
    const { a, scale } = await run([...new Array<number>(300).fill(NaN), 0.5], { backoff: 0.25 })
    expect([a, scale]).toEqual([0.5, 2 ** -14])
  })
})

describe('rmsprop, centered', () => {
  it('is the standard deviation of gradients that hardly change, in float32, after thousands of steps', async () => {
    const env = runtime.variables()
    env.name('a').set(tensor([0, 0]))
    const step = env.compile((ctx) => {
      const g = ctx.placeholder('g', [2])
      const train = rmsprop({ learningRate: 1e-6, centered: true }).minimize(
        sum(mul(ctx.variable('a'), g)),
        ctx.variables(),
      )
      return { train }
    })
    const exact = { m: 0, e: 0 }
    for (let k = 0; k < 3000; k++) {
      const g = Math.fround(3 + (k % 2 ? 1e-3 : -1e-3))
      exact.m = 0.99 * exact.m + 0.01 * g
      exact.e = 0.99 * exact.e + 0.01 * g * g
      await step({ g: [g, 1] })
    }
    const [v] = await values(env, 'optimizer/v/a')
    expect(v / (exact.e - exact.m ** 2)).toBeCloseTo(1, 2)
    expect((await values(env, 'a')).every(Number.isFinite)).toBe(true)
  })
})

describe('reduceOnPlateau', () => {
  it('shrinks steps once the loss has failed to fall for longer than patience', async () => {
    const env = variables({ a: [0] })
    const scales: number[] = []
    const step: Step = env.compile((ctx) => {
      const loss = add(ctx.placeholder('loss', [], 'float64'), mul(sum(ctx.variable('a')), 0))
      const train = chain(
        sgd({ learningRate: 1 }),
        reduceOnPlateau({ patience: 1, factor: 0.5, cooldown: 1 }),
      ).minimize(loss, ctx.variables())
      return { ...train.reports, train }
    })
    for (const loss of [3, 2, 2, 2, 2, 2, 2, 1]) scales.push((await step({ loss })).plateauScale.item())
    expect(scales).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25])
  })
})

describe('reduceOnPlateau, as PyTorch 1.13 reduces', () => {
  const scalesOf = async (losses: number[], options: object): Promise<number[]> => {
    const env = variables({ a: [0] })
    const step: Step = env.compile((ctx) => {
      const loss = add(ctx.placeholder('loss', [], 'float64'), mul(sum(ctx.variable('a')), 0))
      const train = chain(sgd({ learningRate: 1 }), reduceOnPlateau(options)).minimize(loss, ctx.variables())
      return { ...train.reports, train }
    })
    const scales: number[] = []
    for (const loss of losses) scales.push((await step({ loss })).plateauScale.item())
    return scales
  }
  const falling = [3, 2.95, 2.7, 2.65, 2.61, 2.6, 2.6, 1, 0.95, 0.91, 0.9]
  it('takes the threshold as a difference', async () => {
    // ReduceLROnPlateau(factor=0.5, patience=1, threshold=0.1, threshold_mode='abs'), the rate before each step.
    expect(await scalesOf(falling, { factor: 0.5, patience: 1, threshold: 0.1, thresholdMode: 'abs' })).toEqual([
      1, 1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125,
    ])
  })
  it('takes the threshold as a difference for negative losses', async () => {
    expect(
      await scalesOf(
        falling.map((x) => x - 10),
        { factor: 0.5, patience: 1, threshold: 0.1, thresholdMode: 'abs' },
      ),
    ).toEqual([1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25])
  })
  it('fires for negative losses that stay the same, where the threshold is a share', async () => {
    expect(await scalesOf([-5, -5, -5, -5], { factor: 0.5, patience: 1 })).toEqual([1, 1, 1, 0.5])
    expect(await scalesOf([-1, -2, -3, -4, -5], { factor: 0.5, patience: 0 })).toEqual([1, 1, 1, 1, 1])
  })
})
