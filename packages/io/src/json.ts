import { refuse } from './refuse.ts'

/** `JSON.parse` that refuses a key given twice in one object, of which `JSON.parse` keeps the last. Keys such as `__proto__`
 * become own properties, as in `JSON.parse`. */
export function parseStrictJson(text: string, what: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    let keyCount = countKeys(value)
    // Every text is matched whole, so that a key inside of another text does not count.
    for (const [, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)) if (colon) keyCount--
    if (!keyCount) return value
  } catch {
    // Syntax errors, and nesting beyond the stack.
  }
  refuse(what, 'JSON with every key once required', text)
}

/** In all objects of a JSON value. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || !value) return 0
  let count = Array.isArray(value) ? 0 : Object.keys(value).length
  for (const item of Object.values(value)) count += countKeys(item)
  return count
}
