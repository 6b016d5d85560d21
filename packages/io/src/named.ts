import type { ArrayLike } from './elements.ts'

/** Values by name, in order. A Map takes any name, also `__proto__`. */
export type Named<T> = ReadonlyMap<string, T> | Readonly<Record<string, T>>

export type NamedArrays = Named<ArrayLike>

export const entriesOf = <T>(named: Named<T>): [string, T][] =>
  named instanceof Map ? [...named] : Object.entries(named as Readonly<Record<string, T>>)
