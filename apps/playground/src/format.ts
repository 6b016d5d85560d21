/** A figure space: as wide as a digit. */
const FIGURE = '\u2007'
const THIN = '\u2009'
const UNKNOWN = '–'

/** 1204 as 1,204. Intl takes longer to start than a page may stand still. */
export const whole = (value: number): string => value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',')

/** Fills up on the left, so that a number that grows moves nothing; where nothing is known, on the right, so that the
 * dash stands by its label. Thin spaces, of which a text may have more than another, get the width of a digit. */
export function padded(text: string, width: number): string {
  const even = text.replaceAll(THIN, FIGURE)
  return text.startsWith(UNKNOWN) ? even.padEnd(width, FIGURE) : even.padStart(width, FIGURE)
}

/** 12 / 2,000: of one width from beginning to end. */
export const pair = (at: number, end: number): string => `${padded(whole(at), whole(end).length)} / ${whole(end)}`

/** A loss with 4 decimals; very small and large ones as 1.23e-5. */
export function loss(value: number | null): string {
  if (value === null) return UNKNOWN
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'infinity' : '−infinity'
  const size = Math.abs(value)
  return size !== 0 && (size < 1e-4 || size > 9999) ? value.toExponential(2) : value.toFixed(4)
}

export const percent = (share: number | null): string =>
  share === null ? UNKNOWN : `${(100 * share).toFixed(2)}${THIN}%`

/** Three digits that count. */
const three = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)

/** 412 µs, 3.82 ms, 12.1 s, 2 min 05 s, 1 h 40 min. */
export function duration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN
  if (ms < 0.9995) return `${three(ms * 1000)}${THIN}µs`
  if (ms < 999.5) return `${three(ms)}${THIN}ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}${THIN}s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.round(seconds / 60)
  if (seconds >= 3600) return `${Math.floor(minutes / 60)}${THIN}h ${String(minutes % 60).padStart(2, '0')}${THIN}min`
  return `${Math.floor(seconds / 60)}${THIN}min ${String(seconds % 60).padStart(2, '0')}${THIN}s`
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let rest = value
  let unit = 0
  while (rest >= base && unit < units.length - 1) {
    rest /= base
    unit++
  }
  return `${unit === 0 ? whole(rest) : three(rest)}${THIN}${units[unit]}`
}

export const bytes = (count: number | null): string =>
  count === null ? UNKNOWN : scaled(count, 1024, ['B', 'KiB', 'MiB', 'GiB'])

/** 18.2 k samples/s. */
export const rate = (perSecond: number | null, what: string): string => {
  if (perSecond === null || !Number.isFinite(perSecond)) return `${UNKNOWN}${THIN}${what}/s`
  return `${scaled(perSecond, 1000, ['', 'k', 'M', 'G']).trimEnd()}${THIN}${what}/s`.replace(`${THIN}${THIN}`, THIN)
}

/** 5.80 k, followed by what is counted. */
export const count = (value: number, what: string): string => {
  const text = scaled(value, 1000, ['', 'k', 'M', 'G'])
  return text.endsWith(THIN) ? `${text}${what}` : `${text}${what.length > 4 ? THIN : ''}${what}`
}

export const gflops = (perSecond: number | null): string =>
  perSecond === null ? UNKNOWN : `${three(perSecond / 1e9)}${THIN}GFLOPS`

/** [64, 784] */
export const shape = (sizes: readonly number[]): string => `[${sizes.join(', ')}]`

/** 3.0e-3: what a learning rate reads like. */
export const small = (value: number): string => {
  if (value === 0) return '0'
  return value >= 0.01 && value < 1000 ? String(Number(value.toPrecision(3))) : value.toExponential(1)
}
