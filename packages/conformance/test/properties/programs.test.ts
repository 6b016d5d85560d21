/* oxlint-disable vitest/valid-expect -- vitest takes a message */
/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import { createHash } from 'node:crypto'
import { cpu } from '@gradloom/backend-cpu'
import {
  cast,
  createRuntime,
  grad,
  hostArray,
  setRuntime,
  sizeOf,
  tensor,
  toHostArray,
  type HostArray,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { reference } from '../../src/index.ts'
import { difference, toleranceOf, type Precision } from '../../src/compare.ts'
import { build } from './program.ts'
import { seed, settings, timeoutMs } from './settings.ts'

/** The reference on fused plans: what differs from it is a mistake of a stage of the compiler, not of a backend. */
const fusing = reference()
const interpreted = createRuntime({ backends: [{ ...fusing, capabilities: { ...fusing.capabilities, fuse: true } }] })
const oracle = createRuntime({ backends: [reference()] })
const fused = createRuntime({ backends: [cpu()] })
const team = [1, 2, 4].map((threads) => createRuntime({ backends: [cpu({ threads })] }))
afterAll(async () => {
  for (const runtime of [oracle, interpreted, fused, ...team]) await runtime.close()
})

const size = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(1, 2, 3, 4, 5) },
  { weight: 1, arbitrary: fc.constant(0) },
)
const shape = fc.oneof(
  { weight: 1, arbitrary: fc.constant<number[]>([]) },
  { weight: 8, arbitrary: fc.array(size, { minLength: 1, maxLength: 3, size: 'max' }) },
)
/** Two shapes, which often broadcast or contract. */
const shapes = shape.chain((first) =>
  fc.tuple(
    fc.constant(first),
    fc.oneof(
      shape,
      fc.constant(first),
      fc.constant(first.slice(1)),
      fc.constant(first.map((n, i) => (i % 2 ? n : 1))),
      fc.constant([...first].reverse()),
    ),
  ),
)
const program = fc.record({
  shapes,
  numbers: fc.array(fc.nat(999_999), { minLength: 30, maxLength: 90, size: 'max' }),
  steps: fc.integer({ min: 2, max: 16 }),
})
type Program = (typeof program extends fc.Arbitrary<infer T> ? T : never) & {
  readonly most?: number
  /** The second input is cast to float16. */
  readonly narrow?: boolean
}
/** Sizes below, at and over those of vectors, tiles and blocks; large enough for several threads to get work. */
const wideSize = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(1, 2, 3, 16, 31, 64, 127, 131, 257) },
  { weight: 1, arbitrary: fc.constant(0) },
)
const WIDE_ELEMENTS = 40_000
const wideShape = fc
  .array(wideSize, { minLength: 1, maxLength: 3, size: 'max' })
  .filter((s) => sizeOf(s) <= WIDE_ELEMENTS)
const wideShapes = wideShape.chain((s) => fc.tuple(fc.constant(s), fc.constantFrom(s, s.slice(1), [...s].reverse())))
const wide = fc.tuple(program, wideShapes).map(([p, shapes]): Program => ({ ...p, shapes, most: WIDE_ELEMENTS }))

const valuesOf = (shapes: Program['shapes'], precision: Precision): HostArray[] =>
  shapes.map((shape, k) => {
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(1.4 * Math.sin(1.7 * i + k + 0.3)))
    return hostArray(toHostArray(data, precision).data, shape, precision)
  })
/** Results, and gradients of the last of them, as one list. */
function whole(
  inputs: readonly Tensor[],
  { numbers, steps, most, narrow }: Program,
): { tensors: Tensor[]; text: string } {
  const [first, second] = inputs
  const { results, text } = build(narrow ? [first, cast(second, 'float16')] : inputs, numbers, steps, most)
  return { tensors: [...results, ...grad([results[2]], inputs, { allowUnused: true })], text }
}
const compiled = (p: Program, runtime: Runtime, precision: Precision): Promise<{ got: HostArray[]; text: string }> =>
  runtime.run(async (ctx) => {
    const data = valuesOf(p.shapes, precision)
    const inputs = data.map(({ shape, dtype }, i) => ctx.placeholder(`x${i}`, shape, dtype))
    const { tensors, text } = whole(inputs, p)
    const evaluator = ctx.evaluator().push(...tensors)
    inputs.forEach((x, i) => evaluator.feed(x, data[i]))
    return { got: await evaluator.run(), text }
  })
const numbers = (host: HostArray): HostArray => toHostArray(host, 'float64')
function agree(got: readonly HostArray[], want: readonly HostArray[], precision: Precision, text: string): void {
  want.forEach((w, i) =>
    expect(
      difference(numbers(got[i]), numbers(w), toleranceOf(precision, { order: 2 })),
      `result ${i} of\n${text}`,
    ).toBeNull(),
  )
}
/** Shape, length and a digest of the bytes of every result. */
const bits = (hosts: readonly HostArray[]): unknown =>
  hosts.map(({ shape, data }) => [shape, data.length, createHash('sha256').update(data).digest('hex')])

describe(`random programs (seed ${seed})`, () => {
  it(
    'fused plans, interpreted and in wasm, agree with unfused ones in float64, with gradients',
    () =>
      fc.assert(
        fc.asyncProperty(program, async (p) => {
          const want = await compiled(p, oracle, 'float64')
          agree((await compiled(p, interpreted, 'float64')).got, want.got, 'float64', want.text)
          agree((await compiled(p, fused, 'float64')).got, want.got, 'float64', want.text)
        }),
        settings(0.4),
      ),
    timeoutMs,
  )

  it(
    'float32 agrees with float64',
    () =>
      fc.assert(
        fc.asyncProperty(program, async (p) => {
          const want = await compiled(p, oracle, 'float64')
          agree((await compiled(p, fused, 'float32')).got, want.got, 'float32', want.text)
        }),
        settings(0.2),
      ),
    timeoutMs,
  )

  it(
    'float16 agrees with the reference, alone and where it meets float32',
    () =>
      fc.assert(
        fc.asyncProperty(program, fc.boolean(), async (p, mixed) => {
          const steps = Math.min(p.steps, 6)
          const small = { ...p, steps, narrow: mixed }
          const precision = mixed ? 'float32' : 'float16'
          const want = await compiled(small, oracle, precision)
          agree((await compiled(small, interpreted, precision)).got, want.got, 'float16', want.text)
          agree((await compiled(small, fused, precision)).got, want.got, 'float16', want.text)
        }),
        settings(0.3),
      ),
    timeoutMs,
  )

  it(
    '1, 2 and 4 threads give the same bits',
    () =>
      fc.assert(
        fc.asyncProperty(wide, fc.constantFrom<Precision>('float16', 'float32', 'float64'), async (p, precision) => {
          const [one, ...more] = await Promise.all(team.map((runtime) => compiled(p, runtime, precision)))
          for (const other of more) expect(bits(other.got), one.text).toEqual(bits(one.got))
        }),
        settings(0.1),
      ),
    timeoutMs,
  )

  it(
    'eager tensors give the bits of the compiled program',
    () =>
      fc.assert(
        fc.asyncProperty(program, async (p) => {
          const want = await compiled(p, fused, 'float32')
          setRuntime(fused)
          try {
            const { tensors, text } = whole(
              valuesOf(p.shapes, 'float32').map((h) => tensor(h)),
              p,
            )
            expect(bits(await fused.evaluate(tensors)), text).toEqual(bits(want.got))
          } finally {
            setRuntime(null)
          }
        }),
        settings(0.2),
      ),
    timeoutMs,
  )

  it(
    'a program read step by step agrees with one that is compiled whole',
    () =>
      fc.assert(
        fc.asyncProperty(program, async (p) => {
          const want = await compiled(p, fused, 'float64')
          setRuntime(fused)
          try {
            const { tensors, text } = whole(
              valuesOf(p.shapes, 'float64').map((h) => tensor(h)),
              p,
            )
            const got: HostArray[] = []
            for (const t of tensors) got.push(await t.eval())
            agree(got, want.got, 'float64', text)
          } finally {
            setRuntime(null)
          }
        }),
        settings(0.2),
      ),
    timeoutMs,
  )
})
