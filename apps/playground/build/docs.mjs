// What is written to functions, of the declarations that the editor knows: Graph shows it beside ops.

/** A comment, and the declaration that it is written to, to the end of its line. */
const DOCUMENTED = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*export declare (?:function|const) (\w+)([^\n]*)/g
const PACKAGES = /^\/packages\/(core|ops|nn)\//

/** @param {string} comment */
const wordsOf = (comment) =>
  comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\{@link (\S+?)\}/g, '$1')
    .trim()

/**
 * @param {Readonly<Record<string, string>>} types texts by their places
 * @returns {Record<string, { signature: string, words: string }>} by name
 */
export function docsOf(types) {
  const found = Object.entries(types).flatMap(([place, text]) =>
    PACKAGES.test(place) ? [...text.matchAll(DOCUMENTED)] : [],
  )
  return Object.fromEntries(
    found.map(([, comment, name, rest]) => [
      name,
      { signature: name + rest.replace(/;$/, ''), words: wordsOf(comment) },
    ]),
  )
}
