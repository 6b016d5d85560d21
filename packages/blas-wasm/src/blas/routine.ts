import type { Words } from '../wasm/table.ts'
import {
  ColMajor,
  ConjTrans,
  Left,
  Lower,
  NonUnit,
  NoTrans,
  Right,
  RowMajor,
  Trans,
  Unit,
  Upper,
  checkSize,
  matrixLength,
  oneOf,
  vectorLength,
  type Diag,
  type Order,
  type RealArray,
  type Side,
  type Transpose,
  type Uplo,
} from './arguments.ts'
import { bind } from './bind.ts'
import { matrix, type Machine, type Matrix } from './matrix.ts'

/** What a routine may do with its arguments, by their names in CBLAS: matrices for arrays with a leading dimension,
 * addresses for vectors. */
export interface Bound {
  readonly order: Order
  readonly side: Side
  readonly uplo: Uplo
  readonly trans: Transpose
  readonly transA: Transpose
  readonly transB: Transpose
  readonly diag: Diag
  readonly m: number
  readonly n: number
  readonly k: number
  readonly alpha: number
  /** Factor of the array that changes. */
  readonly beta: number
  readonly a: Matrix
  readonly b: Matrix
  readonly c: Matrix
  readonly x: number
  readonly y: number
  readonly incX: number
  readonly incY: number
}
type Settings = Omit<Bound, 'a' | 'b' | 'c' | 'x' | 'y'>

/** Rows and columns of a matrix, or the elements of a vector. */
export type Extent = readonly [rows: number, columns: number] | number

const SETTINGS: Readonly<Record<string, readonly number[]>> = {
  order: [RowMajor, ColMajor],
  side: [Left, Right],
  uplo: [Upper, Lower],
  trans: [NoTrans, Trans, ConjTrans],
  diag: [NonUnit, Unit],
}

/**
 * A routine of matrices, from the names of its arguments in their order; the last array is the one that changes.
 * Everything is checked before anything is done, and nothing is done where sizes or factors leave the result as it is.
 * With a factor of 0 only the last array is read.
 * `extents` gives what the arrays hold, in their order.
 */
export function routine<S extends string>(
  machine: Machine,
  name: string,
  signature: S,
  extents: (v: Pick<Settings, Words<S> & keyof Settings>) => readonly Extent[],
  run: (v: Pick<Bound, Words<S> & keyof Bound>) => void,
): (...given: unknown[]) => void {
  const words = signature.split(' ')
  const allowed = words.map((word) => SETTINGS[word.replace(/[AB]$/, '')] ?? (/^[mnk]$/.test(word) ? null : undefined))
  const arrays = words
    .filter((word) => /^[abcxy]$/.test(word))
    .map((word, i, { length }) => {
      const isVector = word > 'c'
      const label = isVector ? word.toUpperCase() : word
      return { word, isVector, label, step: (isVector ? 'inc' : 'ld') + label, output: i === length - 1 }
    })
  return (...given) => {
    const v: Record<string, unknown> = {}
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!
      const value = (v[word] = given[i]) as number
      const values = allowed[i]
      if (values) oneOf(name, word, value, values)
      else if (values === null) checkSize(name, word, value)
    }
    const isUnread = (v.alpha ?? v.beta) === 0 || v.k === 0
    const byRows = v.order === RowMajor
    const sizes = extents(v as never)
    const parameters = arrays.map(({ word, label, step, output }, i) => {
      const extent = sizes[i]!
      const length =
        typeof extent === 'number'
          ? vectorLength(name, label, extent, v[step] as number)
          : matrixLength(name, word, extent[byRows ? 0 : 1], extent[byRows ? 1 : 0], v[step] as number)
      return { name: word, array: v[word] as RealArray, length: isUnread && !output ? 0 : length, output }
    })
    if (v.m === 0 || v.n === 0 || (isUnread && (v.beta ?? 1) === 1)) return
    bind(machine, name, parameters, (...addresses) => {
      arrays.forEach(
        ({ word, isVector, step }, i) =>
          (v[word] = isVector ? addresses[i] : matrix(v.order as Order, addresses[i]!, v[step] as number)),
      )
      run(v as never)
    })
  }
}
