import { wholeText } from './bytes.ts'
import { refuse } from './refuse.ts'

/** Values by name, in order. A Map takes any name, also `__proto__`. */
export type Named<T> = ReadonlyMap<string, T> | Readonly<Record<string, T>>

/** @throws FormatError for other values, and for names that are no text or have half characters */
export function entriesOf<T>(named: Named<T>, what: string): [string, T][] {
  if (typeof named !== 'object' || !named) refuse(what, 'a Map or an object', named)
  if (named instanceof Promise) refuse(what, 'a Map or an object, by await,', 'a promise')
  const entries = named instanceof Map ? [...named] : Object.entries(named as Readonly<Record<string, T>>)
  for (const [name] of entries) wholeText(name, what)
  return entries
}
