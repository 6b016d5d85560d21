import { refuse } from './refuse.ts'

/** `JSON.parse` of an object, refusing a key given twice in one object, of which `JSON.parse` keeps the last. Keys such
 * as `__proto__` become own properties, as in `JSON.parse`. */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown
  try {
    const parsed: unknown = JSON.parse(text)
    let keyCount = countKeys(parsed)
    // Every text is matched whole, so that a key inside of another text does not count.
    for (const [, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)) if (colon) keyCount--
    if (!keyCount) value = parsed
  } catch {
    // Syntax errors, and nesting beyond the stack.
  }
  return asObject(value, what, text)
}

export function asObject(value: unknown, what: string, found: unknown = value): Record<string, unknown> {
  if (typeof value !== 'object' || !value || Array.isArray(value)) refuse(what, 'an object with every key once', found)
  return value as Record<string, unknown>
}

/** In all objects of a JSON value. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || !value) return 0
  let count = Array.isArray(value) ? 0 : Object.keys(value).length
  for (const item of Object.values(value)) count += countKeys(item)
  return count
}
