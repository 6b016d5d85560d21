import { DTypeError } from '../errors.ts'
import { Tensor } from './tensor.ts'

/** Text that ends where its length says, whatever is in it. */
const quoted = (text: string): string => `${text.length}"${text}`

/** Plain data as text that differs where it does; `name` gives that of a tensor. JSON has one word for NaN and both
 * infinities, and none for negative zero. @throws DTypeError for what holds data that cannot be listed */
export function fingerprint(data: unknown, name?: (t: Tensor) => string): string {
  if (typeof data === 'number') return Object.is(data, -0) ? '-0' : String(data)
  if (data == null || typeof data === 'boolean') return String(data)
  if (typeof data === 'string') return quoted(data)
  if (data instanceof Tensor) return name!(data)
  let text = Array.isArray(data) ? '[' : '{'
  if (Array.isArray(data)) {
    for (let i = 0; i < data.length; i++) text += `${fingerprint(data[i], name)},`
    return `${text}]`
  }
  for (const key in data as object)
    text += `${quoted(key)}:${fingerprint((data as { readonly [key: string]: unknown })[key], name)},`
  // Maps, functions and their like have nothing to list, and are not alike.
  if (text === '{' && !/Object]|Array]/.test({}.toString.call(data)))
    throw new DTypeError(`attrs: plain data required, got ${{}.toString.call(data)}`)
  return `${text}}`
}
