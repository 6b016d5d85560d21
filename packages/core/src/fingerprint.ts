import { Tensor } from './tensor.ts'

/** Plain data as text that differs where it does; `name` gives that of a tensor. JSON has one word for NaN and both
 * infinities, and none for negative zero. */
export function fingerprint(data: unknown, name?: (t: Tensor) => string): string {
  if (typeof data === 'number') return Object.is(data, -0) ? '-0' : String(data)
  if (typeof data !== 'object' || data === null) return data === undefined ? '' : JSON.stringify(data)
  if (Array.isArray(data)) return `[${data.map((x) => fingerprint(x, name)).join()}]`
  if (data instanceof Tensor) return name!(data)
  let text = '{'
  for (const key in data) text += `${key}:${fingerprint((data as { readonly [key: string]: unknown })[key], name)},`
  return `${text}}`
}
