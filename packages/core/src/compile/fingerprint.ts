/** Plain data as text that differs where it does. JSON has one word for NaN and both infinities, and none for negative zero. */
export function fingerprint(data: unknown): string {
  if (typeof data === 'number') return Object.is(data, -0) ? '-0' : String(data)
  if (typeof data !== 'object' || data === null) return data === undefined ? '' : JSON.stringify(data)
  if (Array.isArray(data)) return `[${data.map(fingerprint).join()}]`
  let text = '{'
  for (const key in data) text += `${key}:${fingerprint((data as { readonly [key: string]: unknown })[key])},`
  return `${text}}`
}
