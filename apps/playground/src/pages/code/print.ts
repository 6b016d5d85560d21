import { hostArray, isHostArray, Tensor, type HostArray } from '@gradloom/core'
import type { Part, Printed, Stats } from './protocol.ts'

/** More elements are told by their statistics alone, of one value and of all of a program. */
const MOST_ELEMENTS = 1_000_000
let elementsLeft = 4 * MOST_ELEMENTS
/** Characters of a text. */
const LONGEST = 100_000
/** Lists of numbers from this length on are shown as tensors are. */
const LIST_LENGTH = 8

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length >= LIST_LENGTH && value.every((one) => typeof one === 'number')

/** A value of a program as the page shows it. */
export function partOf(value: unknown): Part {
  if (isHostArray(value)) return printed(value)
  if (value instanceof Tensor) return { kind: 'text', text: String(value) }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return { ...listed(value as never), dtype: nameOf(value) }
  if (isNumbers(value)) return listed(value)
  return { kind: 'text', text: cut(textOf(value, 0)) }
}

const cut = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST)} … ${text.length - LONGEST} characters more` : text

const nameOf = (value: object): string => value.constructor.name
const listed = (values: ArrayLike<number>): Printed => {
  const numbers = Float64Array.from(values, Number)
  return { ...printed(hostArray(numbers, [numbers.length])), dtype: 'number' }
}

function printed(value: HostArray): Printed {
  const count = value.data.length
  const numbers = Float64Array.from(halved(value))
  const isShown = count <= Math.min(MOST_ELEMENTS, elementsLeft)
  if (isShown) elementsLeft -= count
  return {
    kind: 'tensor',
    shape: value.shape,
    dtype: value.dtype,
    text: String(value),
    values: isShown ? numbers : null,
    stats: statsOf(numbers),
  }
}

/** float16 is kept as bits: its numbers come from the array of them. */
function halved(value: HostArray): ArrayLike<number> {
  if (value.dtype !== 'float16') return value.data as ArrayLike<number>
  return ([value.array()] as unknown[]).flat(Infinity) as number[]
}

function statsOf(values: Float64Array): Stats {
  let low = Infinity
  let high = -Infinity
  let sum = 0
  let nan = 0
  for (const value of values) {
    if (Number.isNaN(value)) {
      nan++
      continue
    }
    low = Math.min(low, value)
    high = Math.max(high, value)
    sum += value
  }
  return { low, high, mean: sum / (values.length - nan), nan }
}

const DEEPEST = 4
function textOf(value: unknown, depth: number): string {
  if (typeof value === 'string') return depth ? JSON.stringify(value) : value
  if (typeof value === 'function') return `function ${value.name || '(no name)'}`
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (isHostArray(value) || value instanceof Tensor) return String(value)
  if (depth === DEEPEST) return '…'
  const inner = (one: unknown): string => textOf(one, depth + 1)
  if (Array.isArray(value)) return `[${value.slice(0, 100).map(inner).join(', ')}${value.length > 100 ? ', …' : ''}]`
  if (value instanceof Map) return `Map { ${[...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`).join(', ')} }`
  if (value instanceof Set) return `Set { ${[...value].map(inner).join(', ')} }`
  const own = Object.entries(value).map(([key, one]) => `${key}: ${inner(one)}`)
  return own.length ? `{ ${own.join(', ')} }` : '{}'
}
