/* oxlint-disable vitest/valid-expect -- vitest takes a message */
/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  broadcastTo,
  createRuntime,
  grad,
  greater,
  hostArray,
  mul,
  sizeOf,
  slice,
  stack,
  sum,
  tanh,
  where,
  zeros,
  type HostArray,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { cond, scan, sin } from '@gradloom/ops'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { difference, toleranceOf } from '../../src/compare.ts'
import { reference } from '../../src/index.ts'
import { build } from './program.ts'
import { seed, settings, timeoutMs } from './settings.ts'

const plain = reference()
const exact = createRuntime({ backends: [plain] })
const unrolling = createRuntime({
  backends: [
    {
      ...reference(),
      capabilities: {
        ...plain.capabilities,
        kernels: plain.capabilities.kernels.filter((k) => k !== 'scan' && k !== 'cond'),
      },
    },
  ],
})
const interpreted = createRuntime({
  backends: [{ ...reference(), capabilities: { ...plain.capabilities, fuse: true } }],
})
const wasm = createRuntime({ backends: [cpu({ threads: 1 })] })
const runtimes = { interpreted, wasm, unrolling }
afterAll(async () => {
  for (const runtime of [exact, ...Object.values(runtimes)]) await runtime.close()
})

const shape = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 })
const program = fc.record({
  shapes: fc.tuple(shape, shape, shape),
  length: fc.integer({ min: 0, max: 4 }),
  reverse: fc.boolean(),
  numbers: fc.array(fc.nat(999_999), { minLength: 20, maxLength: 50, size: 'max' }),
  steps: fc.integer({ min: 1, max: 8 }),
})
type Program = typeof program extends fc.Arbitrary<infer T> ? T : never
type Body = (
  carry: Tensor,
  x: Tensor,
  w: Tensor,
) => { readonly next: Tensor; readonly ys: readonly Tensor[]; readonly text: string }
type Loop = (body: Body, inputs: readonly Tensor[], p: Program) => Tensor[]

/** A random program as a body: its carry keeps its shape and stays near 1. */
const bodyOf =
  ({ numbers, steps }: Program): Body =>
  (carry, x, w) => {
    const { results, text } = build([carry, x, w], numbers, steps, 60)
    const next = tanh(add(mul(carry, 0.7), mul(tanh(results[2]), 0.5)))
    return { next, text, ys: numbers[0] % 2 ? [...results.slice(0, 2), next] : [results[0], carry] }
  }
const scanned: Loop = (body, [carry, xs, w], { length, reverse }) => {
  const [last, ys] = scan(
    (c: Tensor, x) => {
      const { next, ys: made } = body(c, x, w)
      return [next, made]
    },
    carry,
    xs,
    { length, reverse },
  )
  return [last, ...ys]
}
const written: Loop = (body, [carry, xs, w], { length, reverse }) => {
  const rows: (readonly Tensor[])[] = []
  const none = body(carry, zeros(xs.shape.slice(1), xs), w).ys.map((y) => zeros([0, ...y.shape], y))
  for (let i = 0; i < length; i++) {
    const p = reverse ? length - 1 - i : i
    const { next, ys } = body(carry, slice(xs, [p]), w)
    rows[p] = ys
    carry = next
  }
  return [carry, ...none.map((empty, k) => (length ? stack(rows.map((row) => row[k])) : empty))]
}

/** Results of a loop, and first and second derivatives. */
const compiled = (
  loop: Loop,
  p: Program,
  runtime: Runtime,
): Promise<{ values: HostArray[]; derivatives: HostArray[] }> =>
  runtime.run(async (ctx) => {
    const shapes = [p.shapes[0], [p.length, ...p.shapes[1]], p.shapes[2]]
    const data = shapes.map((of, k) =>
      hostArray(
        Float64Array.from({ length: sizeOf(of) }, (_, i) => 1.4 * Math.sin(1.7 * i + k + 0.3)),
        of,
      ),
    )
    const inputs = data.map((d, i) => ctx.placeholder(`x${i}`, d.shape, 'float64'))
    const values = loop(bodyOf(p), inputs, p)
    const total = values.map((t) => sum(sin(t))).reduce((a, b) => add(a, b))
    const first = grad([total], inputs, { allowUnused: true })
    const second = grad([first.map((g) => sum(mul(g, sin(g)))).reduce((a, b) => add(a, b))], inputs, {
      allowUnused: true,
    })
    const evaluator = ctx.evaluator().push(...values, ...first, ...second)
    inputs.forEach((x, i) => evaluator.feed(x, data[i]))
    const all = await evaluator.run()
    return { values: all.slice(0, values.length), derivatives: all.slice(values.length) }
  })
const agree = (got: readonly HostArray[], want: readonly HostArray[], text: string): void =>
  want.forEach((w, i) =>
    expect(difference(got[i], w, toleranceOf('float64', { order: 2 })), `result ${i} of\n${text}`).toBeNull(),
  )
const textOf = (p: Program, name: string): string =>
  `${name}, length ${p.length}, reverse ${p.reverse}\n${bodyOf(p)(...(p.shapes.map((of) => zeros(of, { dtype: 'float64' })) as [Tensor, Tensor, Tensor])).text}`

describe(`random bodies (seed ${seed})`, () => {
  it(
    'a scan gives the bits of its body written out, kernel by kernel, and its derivatives to second order',
    () =>
      fc.assert(
        fc.asyncProperty(program, async (p) => {
          const got = await compiled(scanned, p, exact)
          const want = await compiled(written, p, exact)
          want.values.forEach((w, i) => expect(got.values[i].data, textOf(p, 'unfused')).toEqual(w.data))
          agree(got.derivatives, want.derivatives, textOf(p, 'unfused'))
          for (const [name, runtime] of Object.entries(runtimes)) {
            const { values, derivatives } = await compiled(scanned, p, runtime)
            agree([...values, ...derivatives], [...want.values, ...want.derivatives], textOf(p, name))
          }
        }),
        settings(0.04),
      ),
    timeoutMs,
  )

  it(
    'a cond gives what a choice between its branches gives, with derivatives',
    () =>
      fc.assert(
        fc.asyncProperty(program, async (p) => {
          const branch = (body: Body, carry: Tensor, w: Tensor, x: Tensor) => (): Tensor[] => [body(carry, w, x).next]
          const other = (carry: Tensor, w: Tensor) => (): Tensor[] => [mul(carry, broadcastTo(sum(w), carry.shape))]
          const taken: Loop = (body, [carry, xs, w]) =>
            cond(greater(sum(w), 0.3), branch(body, carry, w, sum(xs)), other(carry, w))
          const chosen: Loop = (body, [carry, xs, w]) => {
            const [a] = branch(body, carry, w, sum(xs))()
            const [b] = other(carry, w)()
            return [where(greater(sum(w), 0.3), a, b)]
          }
          const want = await compiled(chosen, p, exact)
          for (const [name, runtime] of Object.entries({ exact, ...runtimes })) {
            const { values, derivatives } = await compiled(taken, p, runtime)
            agree([...values, ...derivatives], [...want.values, ...want.derivatives], textOf(p, name))
          }
        }),
        settings(0.03),
      ),
    timeoutMs,
  )
})
