/* oxlint-disable vitest/valid-expect -- vitest takes a message */
/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import { createHash } from 'node:crypto'
import { cpu } from '@gradloom/backend-cpu'
import { checkpoint } from '@gradloom/checkpoint'
import {
  cast,
  createRuntime,
  grad,
  hostArray,
  sizeOf,
  toHostArray,
  type Choice,
  type HostArray,
  type Packing,
  type Policy,
  type Tensor,
} from '@gradloom/core'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { build } from './program.ts'
import { seed, settingsOfAll, timeoutMs } from './settings.ts'

const runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
afterAll(() => runtime.close())

const CHOICES: readonly Choice[] = ['mustSave', 'preferSave', 'preferRecompute', 'mustRecompute']
const size = fc.constantFrom(1, 2, 3, 4, 5, 17, 33)
const shape = fc.array(size, { minLength: 1, maxLength: 3, size: 'max' }).filter((s) => sizeOf(s) <= 600)
const shapes = shape.chain((s) =>
  fc.tuple(
    fc.constant(s),
    fc.constantFrom(
      s,
      s.slice(1),
      [...s].reverse(),
      s.map((n, i) => (i % 2 ? n : 1)),
    ),
  ),
)
const program = fc.record({
  shapes,
  numbers: fc.array(fc.nat(999_999), { minLength: 30, maxLength: 90, size: 'max' }),
  steps: fc.integer({ min: 2, max: 16 }),
  choices: fc.array(fc.nat(999), { minLength: 8, maxLength: 24, size: 'max' }),
  /** How the program is given to what computes again: by each value, all at once, or as nested segments. */
  how: fc.constantFrom('each', 'together', 'segments'),
})
type Program = typeof program extends fc.Arbitrary<infer T> ? T : never

const valuesOf = (list: Program['shapes']): HostArray[] =>
  list.map((s, k) => {
    const data = Array.from({ length: sizeOf(s) }, (_, i) => Math.fround(1.4 * Math.sin(1.7 * i + k + 0.3)))
    return hostArray(toHostArray(data, 'float32').data, s, 'float32')
  })

/** What has more bits has the same values. */
const wider: Packing = { pack: (t) => cast(t, 'float64'), unpack: (packed, { dtype }) => cast(packed, dtype) }

/** A policy that draws from a list of numbers. */
function drawing({ choices, how }: Program): Policy | undefined {
  let at = 0
  const next = (below: number): number => choices[at++ % choices.length] % below
  const each: Policy = () => CHOICES[next(4)]
  if (how === 'each') return each
  if (how === 'segments') return undefined
  return Object.assign(each, {
    plan: ({ values }: Parameters<NonNullable<Policy['plan']>>[0]) =>
      new Map(values.filter(() => next(3) > 0).map((v) => [v.tensor, [0, 1, 2, 3, wider][next(5)]])),
  })
}

async function run(
  p: Program,
  policy: Policy | undefined,
  inSegments: boolean,
): Promise<[bits: unknown, text: string]> {
  const env = runtime.variables()
  let text = ''
  const data = valuesOf(p.shapes)
  const body = (inputs: readonly Tensor[]): readonly Tensor[] => {
    const built = build(inputs, p.numbers, p.steps)
    ;({ text } = built)
    return built.results
  }
  const outer = checkpoint((inputs: readonly Tensor[]) =>
    body(checkpoint((xs: readonly Tensor[]) => xs.map((x) => x.mul(x).add(x)))(inputs)),
  )
  const plain = (inputs: readonly Tensor[]): readonly Tensor[] => body(inputs.map((x) => x.mul(x).add(x)))
  const step = env.compile(
    (ctx) => {
      const inputs = data.map((d, i) => ctx.placeholder(`x${i}`, d.shape))
      const results = (inSegments ? outer : plain)(inputs)
      const all = [...results, ...grad([results[2]], inputs, { allowUnused: true })]
      return Object.fromEntries(all.map((t, i) => [`r${i}`, t]))
    },
    { rematerialise: policy },
  )
  const got = Object.values(await step(Object.fromEntries(data.map((d, i) => [`x${i}`, d]))))
  env.dispose()
  return [got.map((h) => createHash('sha256').update(h.data).digest('hex')), text]
}

describe(`random programs computed again (seed ${seed})`, () => {
  it(
    'give the bits of the plain program under any policy',
    () =>
      fc.assert(
        fc.asyncProperty(program, async (p) => {
          const [want, text] = await run(p, undefined, false)
          const [got] = await run(p, drawing(p), p.how === 'segments')
          expect(got, text).toEqual(want)
        }),
        settingsOfAll(0.3),
      ),
    timeoutMs,
  )
})
