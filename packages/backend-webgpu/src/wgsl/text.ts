import { contiguous } from '@gradloom/core'

/** Terms as a sum. */
export const sum = (terms: readonly string[]): string => terms.join(' + ') || '0'

/** `x` times a whole number, as terms of a sum. */
export const times = (x: string, n: number): string[] => (n === 0 ? [] : [n === 1 ? x : `${x} * ${n}`])

/** The row-major place of an index whose parts are `names`. */
export const placeIn = (shape: readonly number[], names: readonly string[]): string =>
  sum(contiguous(shape).flatMap((s, d) => (shape[d] === 1 ? [] : times(names[d], s))))

/** Lines for 0 to count - 1. */
export const each = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

/** Nested loops over `sizes`, whose indices are `names`. */
export const loops = (sizes: readonly number[], names: readonly string[], body: string): string =>
  sizes.reduceRight((inside, size, d) => {
    const i = names[d]
    return `for (var ${i} = 0; ${i} < ${size}; ${i}++) {\n${inside}\n}`
  }, body)

/** Names with a number behind. */
export const named = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`)

/** Statements that cut a position, of type u32, into indices of `sizes`. */
export function unravel(at: string, sizes: readonly number[], name: (d: number) => string): string {
  const lines = [`var rest = ${at};`]
  for (let d = sizes.length - 1; d > 0; d--) {
    lines.push(`let ${name(d)} = i32(rest % ${sizes[d]}u);`, `rest = rest / ${sizes[d]}u;`)
  }
  if (sizes.length) lines.push(`let ${name(0)} = i32(rest);`)
  return lines.join('\n')
}
