import type { DType, ReduceKind } from '@gradloom/core'
import { literal, typeOf } from '../wgsl/numbers.ts'

/** A variable of a shader. */
export interface Variable {
  readonly name: string
  readonly type: string
  readonly start: string
}

/** A running reduction in variables of a shader. */
export interface Accumulator {
  readonly state: readonly Variable[]
  /** Takes one value. */
  take(value: string, position: string): string
  /** Takes what another one gathered behind it, by the same variables with `other` before their names. */
  combine(other: string): string
  readonly result: string
}

/** Statements that declare variables. */
export const declared = (state: readonly Variable[]): string =>
  state.map(({ name, type, start }) => `var ${name}: ${type} = ${start};`).join('\n')

const LEAST: Readonly<Record<string, number>> = { float32: -Infinity, int32: -(2 ** 31), uint32: 0 }
const MOST: Readonly<Record<string, number>> = { float32: Infinity, int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1 }

/** A sum of floats with what rounding lost, which makes its error about one rounding, whatever the order.
 * @see A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54 (1974) */
function compensated(name: string): Accumulator {
  const lost = `${name}lost`
  const take = (value: string): string =>
    `{ let x = ${value}; let t = f_fixed(${name} + x); ` +
    `${lost} += select((x - t) + ${name}, (${name} - t) + x, abs(${name}) >= abs(x)); ${name} = t; }`
  return {
    state: [
      { name, type: 'f32', start: '0.0' },
      { name: lost, type: 'f32', start: '0.0' },
    ],
    take,
    combine: (other) => `${take(other + name)} ${lost} += ${other}${lost};`,
    // Of no elements it is a constant, which times infinity is to be NaN.
    result: `f_fixed(select(${name}, ${name} + ${lost}, f_isFinite(${name})))`,
  }
}

function folding(name: string, type: string, start: string, fold: (a: string, b: string) => string): Accumulator {
  const take = (value: string): string => `${name} = ${fold(name, value)};`
  return { state: [{ name, type, start }], take, combine: (other) => take(other + name), result: name }
}

/** The first position of the extreme; the first NaN wins over everything. */
function position(name: string, dtype: DType, isLess: (a: string, b: string) => string): Accumulator {
  const at = `${name}at`
  const better = (value: string, best: string): string =>
    dtype === 'float32' ? `(!f_isNaN(${best}) && (f_isNaN(${value}) || ${isLess(best, value)}))` : isLess(best, value)
  return {
    state: [
      { name, type: typeOf(dtype), start: literal(0, dtype) },
      { name: at, type: 'i32', start: '-1' },
    ],
    take: (value, place) =>
      `{ let x = ${value}; if (${at} < 0 || ${better('x', name)}) { ${name} = x; ${at} = ${place}; } }`,
    combine: (other) => {
      const [value, place] = [other + name, other + at]
      const same = `(${place} < ${at} && !${better(name, value)})`
      const wins = `(${at} < 0 || ${better(value, name)} || ${same})`
      return `if (${place} >= 0 && ${wins}) { ${name} = ${value}; ${at} = ${place}; }`
    },
    result: `max(${at}, 0)`,
  }
}

const less =
  (dtype: DType) =>
  (a: string, b: string): string =>
    dtype === 'float32' ? `f_lt(${a}, ${b})` : dtype === 'bool' ? `(!${a} && ${b})` : `(${a} < ${b})`

/** A reduction of values of `dtype` in variables that begin with `name`. */
export function accumulator(kind: ReduceKind, dtype: DType, name: string): Accumulator {
  const type = typeOf(dtype)
  const isFloat = dtype === 'float32'
  const extreme = (which: 'max' | 'min'): Accumulator =>
    dtype === 'bool'
      ? folding(name, type, `${which === 'min'}`, (a, b) => `(${a} ${which === 'max' ? '||' : '&&'} ${b})`)
      : folding(
          name,
          type,
          literal((which === 'max' ? LEAST : MOST)[dtype], dtype),
          (a, b) => `${isFloat ? 'f_' : ''}${which}(${a}, ${b})`,
        )
  const isLess = less(dtype)
  switch (kind) {
    case 'sum':
      return isFloat ? compensated(name) : folding(name, type, literal(0, dtype), (a, b) => `${a} + ${b}`)
    case 'prod':
      return folding(name, type, literal(1, dtype), (a, b) => `${a} * ${b}`)
    case 'max':
    case 'min':
      return extreme(kind)
    case 'any':
      return folding(name, 'bool', 'false', (a, b) => `(${a} || ${b})`)
    case 'all':
      return folding(name, 'bool', 'true', (a, b) => `(${a} && ${b})`)
    case 'argMax':
      return position(name, dtype, isLess)
    case 'argMin':
      return position(name, dtype, (a, b) => isLess(b, a))
  }
}
