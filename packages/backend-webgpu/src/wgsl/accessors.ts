import type { Binding } from '../run/dispatch.ts'
import type { Range } from './ranges.ts'

/** An array that a shader is given. */
export interface Bound extends Binding {
  readonly type: string
  readonly number: number
  byteLength: number
  isWide: boolean
  isWritten: boolean
}

/** A range as variables of a shader, one for each piece. */
export interface Layout {
  readonly range: Range
  readonly names: readonly string[]
  /** Of the elements of the variables. */
  readonly type: string
  /** Two invocations may write to one word. */
  readonly isAtomic: boolean
}

/** The expression of `from` as another type of the same bits. */
export const as = (to: string, from: string, text: string): string => (to === from ? text : `bitcast<${to}>(${text})`)

/** How a range is declared that holds `members`: where shaders have no float16, or other arrays lie in the range too,
 * two of them are a word, of which each invocation writes its half. */
export function layoutOf(range: Range, members: readonly Bound[], hasHalf: boolean): Pick<Layout, 'type' | 'isAtomic'> {
  const isPacked = !hasHalf || range.type !== 'f16'
  const isAtomic = isPacked && members.some((b) => b.type === 'f16' && b.isWritten)
  const word = range.type === 'f16' && isPacked ? 'u32' : range.type
  return { type: isAtomic ? 'atomic<u32>' : range.isWide ? `vec4<${word}>` : word, isAtomic }
}

/** Functions that read and write a bound array by the position of an element, whatever pieces of so many bytes it lies
 * in. */
export function accessorsOf(bound: Bound, layout: Layout, pieceBytes: number): string[] {
  const { number, type, byteOffset } = bound
  const { range, names, isAtomic } = layout
  const isHalf = type === 'f16'
  const isPacked = isHalf && layout.type !== 'f16'
  const bytes = isHalf && !isPacked ? 2 : 4
  const size = pieceBytes / bytes
  const last = names.length - 1
  const first = (byteOffset - range.byteOffset) / bytes
  const position = isPacked ? '(i >> 1u)' : 'i'
  const chain = (statement: (name: string, index: string) => string): string =>
    names
      .map((name, i) => {
        const from = first - i * size
        const text = statement(name, from === 0 ? position : `${position} + ${from}`)
        return i < last ? `if (${position} < ${size - from}) { ${text} }` : text
      })
      .join(' ')
  const stop = last ? ' return;' : ''
  const word = (name: string, index: string): string =>
    isAtomic
      ? `atomicLoad(&${name}[${index}])`
      : range.isWide
        ? `${name}[(${index}) >> 2u][(${index}) & 3]`
        : `${name}[${index}]`
  if (isHalf) {
    const half = '16u * (u32(i) & 1u)'
    const load = (name: string, index: string): string =>
      isPacked ? `f_fromHalf((${word(name, index)} >> (${half})) & 0xffffu)` : `f32(${name}[${index}])`
    // Of a word another invocation may write the other half at the same time.
    const store = (name: string, index: string): string =>
      isPacked
        ? `let at = ${half}; atomicAnd(&${name}[${index}], ~(0xffffu << at)); ` +
          `atomicOr(&${name}[${index}], f_toHalf(v) << at);`
        : `${name}[${index}] = f16(v);`
    const get = `fn get${number}(i: i32) -> f32 { ${chain((name, index) => `return ${load(name, index)};`)} }`
    if (!bound.isWritten) return [get]
    return [get, `fn set${number}(i: i32, v: f32) { ${chain((name, index) => `${store(name, index)}${stop}`)} }`]
  }
  const inMemory = isAtomic ? 'u32' : range.type
  const read = chain((name, index) => `return ${as(type, inMemory, word(name, index))};`)
  const get = `fn get${number}(i: i32) -> ${type} { ${read} }`
  const four = range.isWide
    ? chain((name, index) => `return ${name}[(${index}) >> 2u];`)
    : `return vec4<${type}>(${[0, 1, 2, 3].map((d) => `get${number}(i + ${d})`).join(', ')});`
  const wide = `fn wide${number}(i: i32) -> vec4<${type}> { ${four} }`
  if (!bound.isWritten) return [get, wide]
  const write = chain((name, index) => {
    const value = as(inMemory, type, 'v')
    return `${isAtomic ? `atomicStore(&${name}[${index}], ${value})` : `${name}[${index}] = ${value}`};${stop}`
  })
  return [get, wide, `fn set${number}(i: i32, v: ${type}) { ${write} }`]
}
