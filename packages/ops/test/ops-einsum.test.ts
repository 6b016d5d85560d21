import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { dot, einsum, tensordot } from '../src/index.ts'
import { createTestRuntime, f64, list, wave } from './ops-support.ts'

const rt = createTestRuntime()
afterAll(() => rt.close())

/** The definition: for every assignment of the labels, the product of the elements, added to the element of the output.
 * */
function naive(
  terms: readonly string[],
  output: string,
  sizes: { readonly [label: string]: number },
  shapes: readonly number[][],
  data: readonly number[][],
): number[] {
  const labels = [...new Set(Array.from(output + terms.join('')))]
  const out = new Array<number>(Array.from(output).reduce((n, l) => n * sizes[l], 1)).fill(0)
  const visit = (at: { [label: string]: number }, depth: number): void => {
    if (depth < labels.length) {
      for (let i = 0; i < sizes[labels[depth]]; i++) visit({ ...at, [labels[depth]]: i }, depth + 1)
      return
    }
    const product = terms.reduce(
      (p, term, t) =>
        p *
        data[t][Array.from(term).reduce((o, l, axis) => o * shapes[t][axis] + (shapes[t][axis] === 1 ? 0 : at[l]), 0)],
      1,
    )
    out[Array.from(output).reduce((o, l) => o * sizes[l] + at[l], 0)] += product
  }
  visit({}, 0)
  return out
}

const program = fc.record({
  sizes: fc.record({
    a: fc.nat(3),
    b: fc.integer({ min: 1, max: 4 }),
    c: fc.integer({ min: 1, max: 3 }),
    d: fc.constant(2),
  }),
  terms: fc.array(
    fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }).map((l) => l.join('')),
    { minLength: 1, maxLength: 3 },
  ),
  order: fc.shuffledSubarray(['a', 'b', 'c', 'd']),
  stretched: fc.boolean(),
})

describe('einsum', () => {
  it('is its definition, for any labels, repeats, outputs and broadcast sizes', async () => {
    await fc.assert(
      fc.asyncProperty(program, async ({ sizes, terms, order, stretched }) => {
        const output = order.filter((l) => terms.some((t) => t.includes(l))).join('')
        // The first term may have a size of 1 where another has the whole.
        const shapes = terms.map((term, i) =>
          Array.from(term).map((l) =>
            stretched && i === 0 && terms.slice(1).some((t) => t.includes(l)) ? 1 : sizes[l as 'a'],
          ),
        )
        const data = shapes.map((s, i) =>
          wave(
            s.reduce((a, b) => a * b, 1),
            i,
          ),
        )
        const y = einsum(`${terms.join(',')}->${output}`, ...shapes.map((s, i) => f64(data[i], s)))
        const want = naive(terms, output, sizes, shapes, data)
        const got = await list(rt, y)
        expect(y.shape).toEqual(Array.from(output).map((l) => sizes[l as 'a']))
        got.forEach((v, i) => expect(v).toBeCloseTo(want[i], 10))
      }),
      { numRuns: 60 },
    )
  })
  it('orders an implicit output by the alphabet, after the ellipsis', () => {
    expect(einsum('ba', f64(wave(6), [2, 3])).shape).toEqual([3, 2])
    expect(einsum('b...a,bc', f64(wave(24), [2, 3, 1, 4]), f64(wave(10), [2, 5])).shape).toEqual([3, 1, 4, 5])
    expect(einsum('ii', f64(wave(4), [2, 2])).shape).toEqual([])
  })
  it('broadcasts ellipses from the right and sums them where the output has none', async () => {
    const a = f64([1, 2, 3, 4], [2, 1, 2])
    const b = f64([1, 10, 100, 1000, 1e4, 1e5], [3, 2])
    expect(einsum('...i,...i->...', a, b).shape).toEqual([2, 3])
    expect(await list(rt, einsum('...i->i', a))).toEqual([4, 6])
    expect(await list(rt, einsum(' i ... -> ... i', a))).toEqual([1, 3, 2, 4])
  })
  it('tensordot and dot place free axes of a before those of b', async () => {
    const a = f64(wave(24), [2, 3, 4])
    const b = f64(wave(24, 1), [4, 3, 2])
    expect(
      await list(
        rt,
        tensordot(a, b, [
          [2, 1],
          [0, 1],
        ]),
      ),
    ).toEqual(await list(rt, einsum('xyz,zyw->xw', a, b)))
    expect(tensordot(a, b, 0).shape).toEqual([2, 3, 4, 4, 3, 2])
    expect(dot(a, f64(wave(24), [3, 4, 2])).shape).toEqual([2, 3, 3, 2])
    expect(await list(rt, dot(f64([1, 2]), 3))).toEqual([3, 6])
  })
})
