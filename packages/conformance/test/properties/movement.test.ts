/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  broadcastTo,
  createRuntime,
  hostArray,
  matmul,
  reshape,
  setRuntime,
  sizeOf,
  slice,
  tensor,
  transpose,
  type NestedArray,
  type SliceSpec,
  type Tensor,
} from '@gradloom/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seed, settings, timeoutMs } from './settings.ts'

const runtime = createRuntime({ backends: [cpu()] })
beforeAll(() => setRuntime(runtime))
afterAll(() => runtime.close())

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
const counted = (of: readonly number[]): Tensor =>
  tensor(
    hostArray(
      Float64Array.from({ length: sizeOf(of) }, (_, i) => i + 1),
      of,
    ),
  )
/** Element of nested arrays at an index. */
const at = (values: NestedArray, index: readonly number[]): number =>
  index.reduce<NestedArray>((v, i) => (v as readonly NestedArray[])[i], values) as number
function each(of: readonly number[], visit: (index: readonly number[]) => void, prefix: readonly number[] = []): void {
  if (prefix.length === of.length) visit(prefix)
  else for (let i = 0; i < of[prefix.length]; i++) each(of, visit, [...prefix, i])
}

describe(`movement by plain indexing (seed ${seed})`, () => {
  it(
    'broadcasting reads index 0 along stretched axes',
    () =>
      fc.assert(
        fc.asyncProperty(
          shape.chain((full) =>
            fc.tuple(
              fc.constant(full),
              fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
              fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
              fc.nat(4),
            ),
          ),
          async ([full, left, right, cut]) => {
            const a = counted(full.map((n, i) => (left[i] ? 1 : n)))
            const b = counted(full.map((n, i) => (right[i] ? 1 : n)).slice(Math.min(cut, full.length)))
            const out = full.map((n, i) => (left[i] && (right[i] || i < cut) ? 1 : n))
            const y = add(a, b)
            const [va, vb, vy] = [await a.array(), await b.array(), await y.array()]
            const pick = (t: Tensor, index: readonly number[]): number[] =>
              index.slice(index.length - t.rank).map((i, k) => (t.shape[k] === 1 ? 0 : i))
            expect(y.shape).toEqual(out)
            each(out, (index) => expect(at(vy, index)).toBe(at(va, pick(a, index)) + at(vb, pick(b, index))))
          },
        ),
        settings(0.04),
      ),
    timeoutMs,
  )

  const bound = fc.option(fc.integer({ min: -6, max: 6 }), { nil: null })
  const spec = fc.oneof(fc.constant(null), fc.tuple(bound, bound, fc.constantFrom(1, 2, 3, -1, -2, -3)))
  it(
    'slices take what a loop over the range takes',
    () =>
      fc.assert(
        fc.asyncProperty(
          shape.chain((s) => fc.tuple(fc.constant(s), fc.array(spec, { maxLength: s.length }))),
          async ([s, specs]) => {
            const x = counted(s)
            const y = slice(x, specs as readonly SliceSpec[])
            const [vx, vy] = [await x.array(), await y.array()]
            // Python's rule for the indices of a slice.
            const kept = s.map((n, axis) => {
              const [start, end, step] = specs[axis] ?? [null, null, 1]
              const low = step < 0 ? -1 : 0
              const high = step < 0 ? n - 1 : n
              const clamp = (v: number): number => Math.max(low, Math.min(high, v < 0 ? v + n : v))
              const from = start === null ? (step < 0 ? high : low) : clamp(start)
              const to = end === null ? (step < 0 ? low : high) : clamp(end)
              const list: number[] = []
              for (let i = from; step > 0 ? i < to : i > to; i += step) list.push(i)
              return list
            })
            expect(y.shape).toEqual(kept.map((k) => k.length))
            each(y.shape, (index) =>
              expect(at(vy, index)).toBe(
                at(
                  vx,
                  index.map((i, axis) => kept[axis][i]),
                ),
              ),
            )
          },
        ),
        settings(0.06),
      ),
    timeoutMs,
  )

  it(
    'transposing, reshaping and broadcasting in a row keeps row-major order',
    () =>
      fc.assert(
        fc.asyncProperty(
          shape.chain((s) =>
            fc.tuple(
              fc.constant(s),
              fc.shuffledSubarray(
                s.map((_, i) => i),
                { minLength: s.length },
              ),
              fc.nat(2),
            ),
          ),
          async ([s, axes, extra]) => {
            const x = counted(s)
            const y = broadcastTo(reshape(transpose(x, axes), [sizeOf(s)]), [extra, sizeOf(s)])
            const moved = axes.map((a) => s[a])
            const vx = await x.array()
            const want: number[] = []
            each(moved, (index) =>
              want.push(
                at(
                  vx,
                  s.map((_, axis) => index[axes.indexOf(axis)]),
                ),
              ),
            )
            expect(Array.from((await y.eval()).data)).toEqual(Array.from({ length: extra }, () => want).flat())
          },
        ),
        settings(0.04),
      ),
    timeoutMs,
  )

  it(
    'products of moved operands are sums of products',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.tuple(
            fc.integer({ min: 1, max: 9 }),
            fc.integer({ min: 0, max: 17 }),
            fc.integer({ min: 1, max: 9 }),
            fc.boolean(),
            fc.boolean(),
            fc.constantFrom(1, -1, 2),
          ),
          async ([m, k, n, flipA, flipB, by]) => {
            const rows = slice(counted([m * 2, k]), [[by < 0 ? null : 0, by < 0 ? -m - 1 : m * by, by]])
            const a = flipA ? transpose(transpose(rows)) : rows
            const b = flipB ? transpose(counted([n, k])) : counted([k, n])
            const y = await matmul(a, b).array()
            const [va, vb] = [await a.array(), await b.array()]
            each([m, n], ([i, j]) =>
              expect(at(y, [i, j])).toBe(
                Array.from({ length: k }, (_, p) => at(va, [i, p]) * at(vb, [p, j])).reduce((s, v) => s + v, 0),
              ),
            )
          },
        ),
        settings(0.03),
      ),
    timeoutMs,
  )
})
