import { hostArray } from '@gradloom/core'
import type { DType, HostArray, TypedArray } from '@gradloom/core'
import { countElements } from './bytes.ts'
import { typeOf } from './elements.ts'
import { entriesOf } from './named.ts'
import type { Named } from './named.ts'
import { refuse } from './refuse.ts'

/** What the encoders need of an array; every `HostArray` has it. */
export interface ArrayLike {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data: TypedArray
}

export type NamedArrays = Named<ArrayLike>

/** @throws FormatError for what is no array; ShapeError or DTypeError where data, shape and dtype disagree */
export function asHostArray(array: ArrayLike, what: string): HostArray {
  const { shape, dtype, data } = Object(array) as ArrayLike
  countElements(shape, what)
  if (!Object.hasOwn(typeOf, dtype)) refuse(what, 'an array of a dtype', dtype)
  if (!ArrayBuffer.isView(data)) refuse(what, 'an array that has its data, as await t.eval() of a tensor,', typeof data)
  return hostArray(data, shape, dtype)
}

export const hostArrays = (arrays: NamedArrays, what: string): (readonly [string, HostArray])[] =>
  entriesOf(arrays, what).map(([name, array]) => [name, asHostArray(array, `${what}: ${name}`)])
