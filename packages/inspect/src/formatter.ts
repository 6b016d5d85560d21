import { isHostArray, Tensor } from '@gradloom/core'

/** A part of what a browser's console shows, in JsonML: a tag, its attributes, what is in it. */
export type JsonMl = readonly [tag: string, attributes: { readonly style: string }, ...inner: readonly string[]]

/** How a browser's console shows a value: null for one that the formatter leaves alone. */
export interface ConsoleFormatter {
  header(value: unknown): JsonMl | null
  hasBody(value: unknown): boolean
  body(value: unknown): JsonMl | null
}

/** Shows tensors and arrays in the console of Chrome and Firefox as they print: dtype and shape on a line, and the
 * values, once they are known, below it. The browser asks for it where custom formatters are enabled in the console's
 * settings.
 * @see https://firefox-source-docs.mozilla.org/devtools-user/custom_formatters
 * @example (globalThis.devtoolsFormatters ??= []).push(consoleFormatter()) */
export function consoleFormatter(): ConsoleFormatter {
  const partsOf = (value: unknown): readonly string[] | null => {
    if (!(value instanceof Tensor) && !isHostArray(value)) return null
    const [, head, values] = /^(.*?\])\s*([^]*)$/.exec(String(value))!
    return [head, values]
  }
  const shown = (text: string | undefined): JsonMl | null =>
    text ? ['div', { style: 'font-family: monospace; white-space: pre' }, text] : null
  return {
    header: (value) => shown(partsOf(value)?.[0]),
    hasBody: (value) => Boolean(partsOf(value)?.[1]),
    body: (value) => shown(partsOf(value)?.[1]),
  }
}
