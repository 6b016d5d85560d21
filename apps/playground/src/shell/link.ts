/** A setting as a link holds it. `read` gives undefined for what it cannot take, and may clamp. */
export interface Field<T> {
  readonly label: string
  readonly initial: T
  read(text: string): T | undefined
  print(value: T): string
}
export type Schema<S extends object> = { readonly [K in keyof S]: Field<S[K]> }

/** The version of links. */
export const VERSION = 1

export interface Choice<T extends string> extends Field<T> {
  readonly options: readonly (readonly [value: T, name: string])[]
}
export const choice = <T extends string>(
  label: string,
  initial: T,
  options: readonly (readonly [value: T, name: string])[],
): Choice<T> => ({
  label,
  initial,
  options,
  read: (text) => options.find(([value]) => value === text)?.[0],
  print: (value) => value,
})

export interface Range extends Field<number> {
  readonly low: number
  readonly high: number
  readonly isWhole: boolean
}
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))
const range = (label: string, initial: number, [low, high]: readonly [number, number], isWhole: boolean): Range => ({
  label,
  initial,
  low,
  high,
  isWhole,
  read(text) {
    const value = text.trim() === '' ? NaN : Number(text)
    if (!Number.isFinite(value)) return undefined
    return clamp(isWhole ? Math.round(value) : value, low, high)
  },
  print: String,
})
export const wholeNumber = (label: string, initial: number, between: readonly [number, number]): Range =>
  range(label, initial, between, true)
export const realNumber = (label: string, initial: number, between: readonly [number, number]): Range =>
  range(label, initial, between, false)

export interface Sizes extends Field<readonly number[]> {
  readonly most: number
  readonly high: number
}
/** Up to `most` sizes of 1 to `high`, as 64.32; an empty list is 0. */
export const sizes = (
  label: string,
  initial: readonly number[],
  { most, high }: { most: number; high: number },
): Sizes => ({
  label,
  initial,
  most,
  high,
  read(text) {
    if (text === '0') return []
    const all = text.split('.').map((part) => (part === '' ? NaN : Number(part)))
    if (all.some((size) => !Number.isFinite(size))) return undefined
    return all.slice(0, most).map((size) => clamp(Math.round(size), 1, high))
  },
  print: (value) => value.join('.') || '0',
})

export const words = (label: string, initial: string, longest: number): Field<string> => ({
  label,
  initial,
  read: (text) => text.slice(0, longest),
  print: (value) => value,
})

export interface Parsed<S> {
  readonly values: S
  /** What was wrong with the link, a sentence each. */
  readonly repairs: readonly string[]
}

/** The settings of a link: what it cannot be is put right, and said. */
export function parseLink<S extends object>(schema: Schema<S>, params: URLSearchParams): Parsed<S> {
  const repairs: string[] = []
  const version = Number(params.get('v') ?? VERSION)
  if (!(version <= VERSION)) repairs.push('The link is of a newer playground: what this one does not know is left out.')
  const values: Partial<S> = {}
  for (const [name, field] of Object.entries(schema) as [keyof S & string, Field<unknown>][]) {
    const text = params.get(name)
    const read = text === null ? field.initial : field.read(text)
    const value = read ?? field.initial
    if (text !== null && (read === undefined || field.print(value) !== text))
      repairs.push(`${field.label}: ‘${text.slice(0, 40)}’ became ${field.print(value) || 'empty'}.`)
    values[name] = value as S[typeof name]
  }
  for (const name of new Set(params.keys()))
    if (name !== 'v' && !(name in schema)) repairs.push(`There is no setting ‘${name.slice(0, 40)}’.`)
  return { values: values as S, repairs }
}

/** The settings that differ from their defaults, as the part of a link after its page. */
export function printLink<S extends object>(schema: Schema<S>, values: S): string {
  const params = new URLSearchParams()
  for (const [name, field] of Object.entries(schema) as [keyof S & string, Field<unknown>][]) {
    const text = field.print(values[name])
    if (text !== field.print(field.initial)) params.set(name, text)
  }
  const rest = params.toString()
  return rest ? `?v=${VERSION}&${rest}` : ''
}
