import { FormatError, hostArray, toHostArray, type DType, type HostArray } from '@gradloom/core'
import type { Precision } from '../compare.ts'

/** An array as golden files write it: NaN and infinities are strings. */
export interface OracleArray {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data: readonly (number | string | boolean)[]
}

interface Named {
  readonly name: string
  readonly rtol?: number
}

/** An expression with its value and, where there are any, gradients of sum(w * out) and their derivative along `v`. */
export interface ExpressionCase extends Named {
  readonly expr: string
  readonly inputs: readonly OracleArray[]
  readonly out: OracleArray
  readonly w?: OracleArray
  readonly grads?: readonly (OracleArray | null)[]
  readonly v?: readonly (OracleArray | null)[]
  readonly hvp?: readonly (OracleArray | null)[]
}
/** An optimizer, the loss of each step, and parameters after some steps. */
export interface OptimizerCase extends Named {
  readonly optimizer: string
  readonly loss: string
  readonly inputs: readonly OracleArray[]
  readonly params: readonly OracleArray[]
  readonly losses: readonly number[]
  readonly after: readonly { readonly step: number; readonly params: readonly OracleArray[] }[]
}
/** A schedule and its value at each step from 0. */
export interface ScheduleCase extends Named {
  readonly schedule: string
  readonly values: readonly number[]
}

export type OracleCase = ExpressionCase | OptimizerCase | ScheduleCase
export interface OracleFile {
  readonly source: string
  readonly cases: readonly OracleCase[]
}

/** @throws FormatError where `text` is no golden file */
export function parseOracles(text: string): OracleFile {
  const file = JSON.parse(text) as Partial<OracleFile>
  const known = (c: object): boolean => 'expr' in c || 'optimizer' in c || 'schedule' in c
  if (!Array.isArray(file.cases) || !(file.cases as readonly object[]).every(known))
    throw new FormatError('oracles: { source, cases: [{ name, expr | optimizer | schedule, ... }] } required')
  return file as OracleFile
}

/** The array as data; what the file has as float64 takes the precision. */
export const decode = ({ shape, dtype, data }: OracleArray, precision: Precision): HostArray => {
  const kind = dtype === 'float64' ? precision : dtype
  return hostArray(toHostArray(data.map(Number), kind).data, shape, kind)
}
