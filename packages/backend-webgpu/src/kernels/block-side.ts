import type { ArrayAccess } from '../wgsl/shader.ts'
import { each, named, sum, times } from '../wgsl/text.ts'
import { beginOf, WIDE, type Lines, type Reading } from './operand.ts'

/** Terms that a workgroup takes to its memory at a time. */
export const TERMS = 16

/** One side of the tile, and the lanes that load it: each takes 4 lines of 4 terms. */
export interface Side extends Lines {
  /** The name of its memory, and the variable of its first line. */
  readonly memory: string
  readonly first: string
  readonly array: ArrayAccess
  readonly reading: Reading
  /** The number of the first lane. */
  readonly lane: number
}

/** Whether a lane's vectors go along terms, each of a line, or along lines, each of a term. */
const isAlongTerms = ({ reading, line, term }: Side): boolean =>
  reading === 'single' ? Math.abs(term) <= Math.abs(line) : reading === 'terms'

/** Statements that each side's lanes do, of which they are number `at`. */
export const eachSide = (sides: readonly Side[], text: (side: Side) => string): string =>
  sides
    .map((side) => {
      const { lane, tile } = side
      return `if (lane >= ${lane}u && lane < ${lane + tile}u) {\nlet at = i32(lane) - ${lane};\n${text(side)}\n}`
    })
    .join('\n')

/** Statements that give a lane lines 4 q to 4 q + 3 and terms from t on, and where its lines begin. Lines behind the
 * last are the last again, and not written. */
export function placed(side: Side, batch: readonly string[]): string {
  const { operand, first, line, size, tile, reading } = side
  const begin = beginOf(operand, batch)
  const quads = tile / WIDE
  const place = isAlongTerms(side)
    ? `q = at / ${TERMS / WIDE};\nt = at % ${TERMS / WIDE} * ${WIDE};`
    : `q = at % ${quads};\nt = at / ${quads};`
  const from = (i: number): string => {
    const at = `${first} + q * ${WIDE} + ${i}`
    const last = reading === 'lines' ? size - WIDE : size - 1
    const inside = size % tile === 0 ? `(${at})` : `min(${at}, ${last})`
    return `from${i} = ${sum([begin, ...times(inside, line)])};`
  }
  return [place, each(reading === 'lines' ? 1 : WIDE, from)].join('\n')
}

/** Statements that load a lane's four vectors; terms behind the last are zeros. */
export function loaded(side: Side, k: number): string {
  const { array, term, reading } = side
  const isAlong = isAlongTerms(side)
  const isWhole = k % TERMS === 0
  const element = (i: number, at: string): string => array.get(sum([`from${i}`, ...times(`(${at})`, term)]))
  return each(WIDE, (i) => {
    const at = isAlong ? 'term + t' : `term + t + ${i * WIDE}`
    if (reading !== 'single') {
      const load = `v${i} = ${array.wide(sum([`from${isAlong ? i : 0}`, ...times(`(${at})`, term)]))};`
      return isWhole ? load : `if (${at} < end) { ${load} }`
    }
    return each(WIDE, (c) => {
      const own = isAlong ? `${at} + ${c}` : at
      const load = `v${i}[${c}] = ${element(isAlong ? i : c, own)};`
      return isWhole ? load : `if (${own} < end) { ${load} }`
    })
  })
}

/** Statements that put them where the workgroup reads them, as vectors along lines. */
export function stored(side: Side): string {
  const { memory, tile } = side
  const width = tile / WIDE + 1
  const turned = (c: number): string =>
    `vec4<f32>(${named('v', WIDE)
      .map((v) => `${v}[${c}]`)
      .join(', ')})`
  return each(WIDE, (i) =>
    isAlongTerms(side)
      ? `${memory}[(t + ${i}) * ${width} + q] = ${turned(i)};`
      : `${memory}[(t + ${i * WIDE}) * ${width} + q] = v${i};`,
  )
}
