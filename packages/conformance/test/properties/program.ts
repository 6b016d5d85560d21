import { layerNorm, logSoftmax, softmax } from '@gradloom/nn'
import {
  add,
  broadcastTo,
  concat,
  div,
  expandDims,
  flip,
  greater,
  matmul,
  mean,
  mul,
  neg,
  pad,
  reshape,
  sigmoid,
  sizeOf,
  slice,
  square,
  squeeze,
  sub,
  sum,
  tanh,
  transpose,
  where,
  type ReduceOptions,
  type Tensor,
} from '@gradloom/core'
import { cos, cumsum, logSumExp, prod, roll, sin, tile, variance } from '@gradloom/ops'

/** Numbers that decide what a program does, one after another; a fixed sequence when they run out. */
export interface Choices {
  next(below: number): number
}

export function choicesOf(numbers: readonly number[]): Choices {
  let at = 0
  return {
    next(below) {
      if (below < 1) return 0
      const number = numbers[at] ?? (at + 11) * 7919
      at++
      return number % below
    },
  }
}

/** What a step makes of earlier values, and its text. */
interface Step {
  readonly text: string
  readonly value: Tensor
}
type Make = (x: Tensor, other: Tensor, c: Choices) => Step | null

/** Keeps programs small and their values near 1, so that tolerances mean something. */
const MOST_ELEMENTS = 400
const step = (text: string, value: Tensor): Step => ({ text, value })
const elementwise =
  (text: string, fn: (x: Tensor) => Tensor): Make =>
  (x) =>
    step(`${text}(x)`, fn(x))
const broadcasts = (a: readonly number[], b: readonly number[]): boolean =>
  a.length >= b.length
    ? b.every((n, i) => n === a[a.length - b.length + i] || n === 1 || a[a.length - b.length + i] === 1)
    : broadcasts(b, a)
const together =
  (text: string, fn: (a: Tensor, b: Tensor) => Tensor): Make =>
  (a, b) =>
    broadcasts(a.shape, b.shape) ? step(`${text}(x, other)`, fn(a, b)) : null
const axisOf = (x: Tensor, c: Choices): number => c.next(x.rank)

function permutation(n: number, c: Choices): number[] {
  const rest = Array.from({ length: n }, (_, i) => i)
  return Array.from({ length: n }, () => rest.splice(c.next(rest.length), 1)[0])
}

/** A reduction over one or several axes that are not empty. */
const reduction =
  (text: string, fn: (x: Tensor, options: ReduceOptions) => Tensor): Make =>
  (x, _, c) => {
    const axis = x.shape.flatMap((n, i) => (n && c.next(2) ? [i] : []))
    const keepDims = c.next(2) === 1
    return axis.length ? step(`${text}(x, [${axis}], ${keepDims})`, fn(x, { axis, keepDims })) : null
  }

/** No op whose value or gradient jumps where elements are equal but for rounding (max, argMax, sort). */
const makers: readonly Make[] = [
  elementwise('sin', sin),
  elementwise('tanh', tanh),
  elementwise('neg', neg),
  elementwise('sigmoid', sigmoid),
  elementwise('cos', cos),
  elementwise('tanh-square', (x) => tanh(square(x))),
  together('add', add),
  together('sub', sub),
  together('mul', (a, b) => tanh(mul(a, b))),
  together('div', (a, b) => div(a, add(square(b), 1))),
  together('where', (a, b) => where(greater(a, 0.137), a, mul(b, 0.5))),
  reduction('sum', (x, o) => tanh(sum(x, o))),
  reduction('mean', mean),
  reduction('prod', (x, o) => tanh(prod(x, o))),
  reduction('logSumExp', logSumExp),
  reduction('variance', variance),
  ...(
    [
      ['softmax', softmax],
      ['logSoftmax', logSoftmax],
    ] as const
  ).map(([text, fn]): Make => (x, _, c) => {
    const axis = axisOf(x, c)
    return x.rank && x.shape[axis] ? step(`${text}(x, ${axis})`, fn(x, { axis })) : null
  }),
  (x) => (x.rank && x.shape[x.rank - 1] ? step('layerNorm(x)', layerNorm(x, { eps: 0.1 })) : null),
  (x) => (sizeOf(x.shape) ? step('mean-all(x)', mean(x)) : null),
  (x, _, c) => {
    const axes = permutation(x.rank, c)
    return step(`transpose(x, [${axes}])`, transpose(x, axes))
  },
  (x, _, c) => {
    const axis = axisOf(x, c)
    if (!x.rank) return step('reshape(x, [1, 1])', reshape(x, [1, 1]))
    if (c.next(2)) return step('reshape(x, [-1])', reshape(x, [sizeOf(x.shape)]))
    const n = x.shape[axis]
    const d = [2, 3, 5, 1].find((f) => n % f === 0)!
    const shape = x.shape.flatMap((s, i) => (i === axis ? [d, n / d] : [s]))
    return step(`reshape(x, [${shape}])`, reshape(x, shape))
  },
  (x, _, c) => {
    const specs = x.shape.map((n): number | null | readonly [number | null, number | null, number] => {
      const kind = c.next(5)
      const start = c.next(n + 2) - 1
      const end = c.next(n + 2)
      const by = [1, 2, -1, -2, 3][c.next(5)]
      return kind === 0 ? null : kind === 1 && n > 0 ? c.next(n) : [kind < 4 ? start : null, kind < 3 ? end : null, by]
    })
    return step(`slice(x, ${JSON.stringify(specs)})`, slice(x, specs))
  },
  (x, _, c) => (x.rank ? ((axis) => step(`flip(x, ${axis})`, flip(x, axis)))(axisOf(x, c)) : null),
  (x, _, c) => {
    const widths = x.shape.map((): [number, number] => [c.next(3), c.next(2)])
    return step(`pad(x, ${JSON.stringify(widths)})`, pad(x, widths, { value: 0.5 }))
  },
  (x, _, c) => ((axis) => step(`expandDims(x, ${axis})`, expandDims(x, axis)))(c.next(x.rank + 1)),
  (x) => step('squeeze(x)', squeeze(x)),
  (x, _, c) => ((n) => step(`broadcastTo(x, [${n}, ...])`, broadcastTo(x, [n, ...x.shape])))(c.next(3) + 1),
  (x, other, c) => {
    const axis = axisOf(x, c)
    const both = x.rank > 0 && x.rank === other.rank && x.shape.every((n, i) => i === axis || n === other.shape[i])
    return both ? step(`concat([x, other, x], ${axis})`, concat([x, other, x], axis)) : null
  },
  (x, _, c) => ((repeats) => step(`tile(x, [${repeats}])`, tile(x, repeats)))(x.shape.map(() => c.next(2) + 1)),
  (x, _, c) =>
    x.rank
      ? ((shift, axis) => step(`roll(x, ${shift}, ${axis})`, roll(x, shift, axis)))(c.next(7) - 3, axisOf(x, c))
      : null,
  (x) => {
    const swap = x.shape.map((_, i) => (i === x.rank - 1 ? i - 1 : i === x.rank - 2 ? i + 1 : i))
    return x.rank > 1 ? step('matmul(x, x^T)', tanh(mul(matmul(x, transpose(x, swap)), 0.2))) : null
  },
  (x, other) =>
    x.rank > 1 &&
    other.rank > 1 &&
    x.rank + other.rank < 6 &&
    x.shape[x.rank - 1] === other.shape[other.rank - 2] &&
    broadcasts(x.shape.slice(0, -2), other.shape.slice(0, -2))
      ? step('matmul(x, other)', tanh(matmul(x, other)))
      : null,
  (x, _, c) => (x.rank ? ((axis) => step(`cumsum(x, ${axis})`, mul(cumsum(x, { axis }), 0.3)))(axisOf(x, c)) : null),
]

/** Builds a program on `inputs`: its results are the last values and one that uses every step, its text says what it
 * does. No value has more than `most` elements. */
export function build(
  inputs: readonly Tensor[],
  numbers: readonly number[],
  steps: number,
  most: number = MOST_ELEMENTS,
): { readonly results: readonly Tensor[]; readonly text: string } {
  const c = choicesOf(numbers)
  const values = [...inputs]
  const lines = inputs.map((x, i) => `t${i}: [${x.shape}]`)
  for (let i = 0; i < steps; i++) {
    // Late values are more likely, so that programs are deep.
    const recent = values.length - 1 - c.next(Math.min(values.length, 4))
    const other = c.next(values.length)
    const made = makers[c.next(makers.length)](values[recent], values[other], c)
    if (!made || made.value.rank > 4 || sizeOf(made.value.shape) > most) continue
    lines.push(`t${values.length} = ${made.text} of t${recent}, t${other}: [${made.value.shape}]`)
    values.push(made.value)
  }
  return { results: [...values.slice(-2), values.map((v) => sum(v)).reduce(add)], text: lines.join('\n') }
}
