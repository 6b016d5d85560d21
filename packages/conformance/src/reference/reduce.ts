import type { DType, ReduceKind } from '@gradloom/core'
import { rounder } from './scalar.ts'

/** Takes values in row-major order, then tells the result. */
export interface Accumulator {
  take(value: number): void
  result(): number
}

const LOWEST: { readonly [dtype: string]: number } = { int32: -(2 ** 31), uint32: 0 }
const HIGHEST: { readonly [dtype: string]: number } = { int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1 }

/** Neumaier's compensated sum: the oracle's sums do not depend on an order. Infinities and NaN pass through. */
function compensatedSum(): Accumulator {
  let sum = 0
  let lost = 0
  return {
    take(value) {
      const next = sum + value
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
      sum = next
    },
    result: () => (Number.isFinite(sum) ? sum + lost : sum),
  }
}

function folding(start: number, fold: (a: number, b: number) => number): Accumulator {
  let value = start
  return {
    take: (v) => {
      value = fold(value, v)
    },
    result: () => value,
  }
}

/** The first position of the extreme; the first NaN wins over everything. */
function position(better: (a: number, b: number) => boolean): Accumulator {
  let best: number | null = null
  let at = 0
  let count = 0
  return {
    take(value) {
      if (best === null || (!Number.isNaN(best) && (Number.isNaN(value) || better(value, best)))) {
        best = value
        at = count
      }
      count++
    },
    result: () => at,
  }
}

/** An accumulator of values of `dtype`; floats accumulate in float64 and are rounded once. */
export function accumulator(kind: ReduceKind, dtype: DType): Accumulator {
  const round = rounder(dtype)
  const integer = dtype === 'int32' || dtype === 'uint32'
  const rounded = ({ take, result }: Accumulator): Accumulator => ({ take, result: () => round(result()) })
  switch (kind) {
    case 'sum':
      return integer ? folding(0, (a, b) => round(a + b)) : rounded(compensatedSum())
    case 'prod':
      return integer ? folding(1, (a, b) => round(Math.imul(a, b))) : rounded(folding(1, (a, b) => a * b))
    case 'max':
      return folding(LOWEST[dtype] ?? -Infinity, Math.max)
    case 'min':
      return folding(HIGHEST[dtype] ?? Infinity, Math.min)
    case 'any':
      return folding(0, (a, b) => (a || b ? 1 : 0))
    case 'all':
      return folding(1, (a, b) => (a && b ? 1 : 0))
    case 'argMax':
      return position((a, b) => a > b)
    case 'argMin':
      return position((a, b) => a < b)
  }
}
