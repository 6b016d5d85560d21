/** Attrs as text that differs where they do: JSON has one word for NaN and both infinities, and no negative zero. */
export const fingerprint = (attrs: unknown): string =>
  JSON.stringify(attrs, (_, v: unknown) => (typeof v === 'number' && (!Number.isFinite(v) || Object.is(v, -0)) ? `#${Object.is(v, -0) ? '-0' : v}` : v)) ?? ''
