import { refuse } from './refuse.ts'

// A header needs three levels, and ten values a tensor. More could end the stack, or fill a page.
const maxDepth = 99
const maxCount = 2 ** 20

/**
 * The members of a JSON object by name, in the order of the text, each as `member` turns it. Objects become Maps.
 *
 * Only texts and numbers go through `JSON.parse`: it keeps one of two equal keys, and V8 gives wrong keys once it has
 * seen some with a backslash (https://github.com/nodejs/node/issues/63785). What lies deeper than the sizes of a tensor
 * is checked, but not kept.
 * @throws FormatError for other text, a key given twice in one object, over 99 levels, or over a million values
 */
export function parseObject<T>(text: string, what: string, member: (key: string, value: unknown) => T): Map<string, T> {
  let at = 0
  let count = 0
  const fail = (): never => refuse(what, 'JSON with every key once', text.slice(at, at + 80))
  const take = (token: string): boolean => {
    while (' \t\r\n'.includes(text[at])) at++
    return text[at] === token && !!++at
  }
  const scalar = (): unknown => {
    const isText = take('"')
    const start = at
    while (at < text.length && !(isText ? '"' : ' \t\r\n,:]}').includes(text[at])) at += text[at] === '\\' ? 2 : 1
    const body = text.slice(start, at)
    try {
      return JSON.parse(isText ? `"${body}${text[at++]}` : body)
    } catch {
      fail()
    }
  }
  const value = (depth: number, turn: (key: string, item: unknown) => unknown = (_, item) => item): unknown => {
    const isObject = take('{')
    if (!isObject && !take('[')) return scalar()
    const close = isObject ? '}' : ']'
    const members = new Map<unknown, unknown>()
    if (depth > maxDepth) fail()
    if (!take(close)) {
      do {
        const key = isObject ? scalar() : members.size
        const isKey = !isObject || (typeof key === 'string' && take(':'))
        if (!isKey || members.has(key) || ++count > maxCount) fail()
        members.set(key, turn(key as string, value(depth + 1)))
      } while (take(','))
      if (!take(close)) fail()
    }
    if (depth > 2) return undefined
    return isObject ? members : [...members.values()]
  }
  const members = value(0, member)
  // No token is left: not even the end of the text is taken.
  take('')
  if (at < text.length) fail()
  return asMap(members, what) as Map<string, T>
}

export function asMap(value: unknown, what: string): ReadonlyMap<string, unknown> {
  if (!(value instanceof Map)) refuse(what, 'an object', value)
  return value as ReadonlyMap<string, unknown>
}
