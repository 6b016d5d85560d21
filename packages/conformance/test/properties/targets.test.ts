/* oxlint-disable vitest/valid-expect -- vitest takes a message */
/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import {
  add,
  assign,
  cast,
  createRuntime,
  grad,
  hostArray,
  mean,
  mul,
  reshape,
  sizeOf,
  sub,
  sum,
  tanh,
  updates,
  type Backend,
  type Plan,
  type Runtime,
} from '@gradloom/core'
import { scan } from '@gradloom/ops'
import fc from 'fast-check'
import { expect, it, describe } from 'vitest'
import { reference } from '../../src/index.ts'
import { build } from './program.ts'
import { seed, settings, timeoutMs } from './settings.ts'

const all = reference().capabilities
const shape = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 })
/** A program on a float32 and a float64 variable, one of which it may also scan over, and what two backends lack. */
const program = fc.record({
  shape,
  numbers: fc.array(fc.nat(999_999), { minLength: 20, maxLength: 60, size: 'max' }),
  steps: fc.integer({ min: 1, max: 9 }),
  scans: fc.boolean(),
  fuse: fc.boolean(),
  /** By kernel: which of the two has it. */
  owners: fc.array(fc.constantFrom('one', 'two', 'both'), {
    minLength: all.kernels.length,
    maxLength: all.kernels.length,
  }),
  wide: fc.constantFrom('one', 'two', 'both'),
})
type Program = typeof program extends fc.Arbitrary<infer T> ? T : never

/** Where one alone has float64, it has every kernel: what no backend has is decomposed, which can round otherwise. */
function part(name: 'one' | 'two', { owners, wide, fuse }: Program): Backend {
  const hasAll = wide === name
  const kernels = all.kernels.filter((k, i) => hasAll || k === 'scan' || owners[i] === name || owners[i] === 'both')
  const dtypes = hasAll || wide === 'both' ? all.dtypes : all.dtypes.filter((d) => d !== 'float64')
  return { ...reference(), name, capabilities: { ...all, dtypes, kernels, fuse } }
}

/** Three training steps, with all that the variables are in between. */
async function train(p: Program, rt: Runtime): Promise<{ seen: unknown[]; text: string; plans: readonly Plan[] }> {
  const env = rt.variables()
  const wave = Array.from({ length: sizeOf(p.shape) }, (_, i) => Math.fround(1.4 * Math.sin(1.7 * i + 0.3)))
  env.name('a').set(hostArray(Float32Array.from(wave), p.shape))
  env.name('b').set(
    hostArray(
      Float64Array.from(wave, (x) => 0.7 - x),
      p.shape,
    ),
  )
  let text = ''
  const step = env.compile((ctx) => {
    const [a, b] = ctx.variables()
    const first = build([a], p.numbers, p.steps)
    const second = build([b, cast(first.results[0], 'float64')], p.numbers.toReversed(), p.steps)
    text = `${first.text}\n--\n${second.text}`
    const carry = cast(first.results.at(-1)!, 'float64')
    const rows = reshape(b, [-1, 1])
    const last = p.scans ? scan((c, x) => [tanh(add(mul(c, sum(x)), mean(c))), null], carry, rows)[0] : carry
    const third = build([cast(last, 'float32'), a], p.numbers, p.steps)
    const loss = add(second.results.at(-1)!, sum(cast(third.results.at(-1)!, 'float64').mul(last)))
    const [ga, gb] = grad([loss], [a, b], { allowUnused: true })
    return {
      ...Object.fromEntries([...first.results, ...second.results, ...third.results].map((t, i) => [`t${i}`, t])),
      last,
      train: updates(assign(a, sub(a, mul(tanh(ga), 0.1))), assign(b, sub(b, mul(tanh(gb), 0.1)))),
    }
  })
  const seen: unknown[] = []
  for (let i = 0; i < 3; i++) {
    for (const values of [Object.entries(await step()), await env.save()])
      for (const [n, h] of values) seen.push([n, h.dtype, h.shape, [...h.data]])
  }
  return { seen, text, plans: await step.plans() }
}

describe(`random programs on two backends (seed ${seed})`, () => {
  it(
    'have the bits that they have on one, whatever either lacks',
    async () => {
      let parts = 0
      await fc.assert(
        fc.asyncProperty(program, async (p) => {
          const split = createRuntime({ backends: [part('one', p), part('two', p)] })
          const whole = createRuntime({ backends: [{ ...reference(), capabilities: { ...all, fuse: p.fuse } }] })
          const want = await train(p, whole)
          const got = await train(p, split)
          parts = Math.max(parts, got.plans.length)
          expect(got.seen, want.text).toEqual(want.seen)
          await Promise.all([split.close(), whole.close()])
        }),
        settings(0.06),
      )
      // Or else nothing was split.
      expect(parts).toBeGreaterThan(3)
    },
    timeoutMs,
  )
})
