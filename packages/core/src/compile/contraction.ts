import type { Tensor } from '../graph/tensor.ts'
import type { Contraction, Operand } from '../plan/plan.ts'
import type { Stored } from './storage.ts'

type Draft<T> = { -readonly [K in keyof T]: T[K] }

/** The operand that `t` is: strides into the buffer behind its views. */
function operandOf(
  t: Tensor,
  batch: readonly number[],
  { strided, isWhole }: Stored,
  bufferOf: (t: Tensor) => number,
): Draft<Operand> {
  const { base, axes, offset, strides } = strided(t, isWhole)
  const along = (axis: number): number => (axes.includes(axis) ? strides[axes.indexOf(axis)] : 0)
  const lead = t.rank - 2 - batch.length
  return {
    buffer: bufferOf(base),
    offset,
    batch: batch.map((_, i) => (lead + i < 0 ? 0 : along(lead + i))),
    row: along(t.rank - 2),
    column: along(t.rank - 1),
  }
}

/** The product that `t` is. A batch axis of the left operand alone is more rows, if its rows go on in one stride. */
export function contraction(t: Tensor, stored: Stored, bufferOf: (t: Tensor) => number): Contraction {
  const [a, b] = t.node.inputs
  const batch = t.shape.slice(0, -2)
  const product = {
    dtype: t.dtype,
    batch,
    m: a.shape[a.rank - 2],
    n: b.shape[b.rank - 1],
    k: a.shape[a.rank - 1],
    a: operandOf(a, batch, stored, bufferOf),
    b: operandOf(b, batch, stored, bufferOf),
    out: bufferOf(t),
  }
  const { a: left, b: right } = product
  while (product.batch.length && right.batch.at(-1) === 0 && left.batch.at(-1) === product.m * left.row) {
    product.m *= product.batch.at(-1)!
    product.batch = product.batch.slice(0, -1)
    left.batch = left.batch.slice(0, -1)
    right.batch = right.batch.slice(0, -1)
  }
  return product
}
