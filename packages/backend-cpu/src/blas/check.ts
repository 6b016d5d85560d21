import { KernelError } from '@gradloom/core'
import { isCount, shown } from '@gradloom/core/extend'
import type { MatrixView } from '../kernels/workspace-kernel.ts'

type Real = Float32Array | Float64Array
type RealArray = Float32ArrayConstructor | Float64ArrayConstructor

/** What all matrices of a product are where C is `data`. */
export const arrayOf = (data: Real): RealArray => (data instanceof Float32Array ? Float32Array : Float64Array)

/** @throws KernelError where a matrix does not lie within its array, or this is of another type */
export function checkMatrix(
  name: string,
  label: string,
  type: RealArray,
  { data, at, row, column }: MatrixView<Real>,
  rows: number,
  columns: number,
): void {
  const isWhole = isCount(rows) && isCount(columns) && isCount(at) && isCount(row) && isCount(column)
  const last = at + (rows - 1) * row + (columns - 1) * column
  if (isWhole && (rows === 0 || columns === 0 || last < data.length) && data instanceof type) return
  throw new KernelError(
    `${name}: ${label} of ${rows} x ${columns} within a ${type.name} required, all in whole numbers, got ` +
      `${shown(data)} of ${data.length}, at ${at}, row ${row}, column ${column}`,
  )
}

/** The rows that sweeps reach. @throws KernelError where they are not `length` numbers, or of another dtype */
export function rowsOf(name: string, sweeps: Float64Array, length: number): number {
  let rows = 0
  let at = 0
  while (at < length && isCount(sweeps[at]) && isCount(sweeps[at + 1])) {
    rows = Math.max(rows, sweeps[at] + sweeps[at + 1] + 1)
    at += 2 + 2 * sweeps[at + 1]
  }
  if (at === length && length <= sweeps.length && sweeps instanceof Float64Array) return rows
  throw new KernelError(
    `${name}: sweeps of ${length} numbers within a Float64Array required, rows and counts whole, got ` +
      `${shown(sweeps)} of ${sweeps.length}, with none at ${at}`,
  )
}
