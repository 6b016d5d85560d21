import { colour } from '../shell/scheme.ts'

type Rgb = readonly [number, number, number]

const parse = (hex: string): Rgb => {
  const digits = hex.slice(1)
  // Builds shorten #ffffff to #fff.
  const value = Number.parseInt(digits.length === 3 ? digits.replace(/./g, '$&$&') : digits, 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

/** A colour for each number: by steps between the colours of tokens, 256 of them. */
export type Ramp = readonly Rgb[]
const STEPS = 256
const made = new Map<string, Ramp>()

function rampOf(colours: readonly string[]): Ramp {
  const key = colours.join()
  const known = made.get(key)
  if (known) return known
  const stops = colours.map(parse)
  const ramp = Array.from({ length: STEPS }, (_, i): Rgb => {
    const place = (i / (STEPS - 1)) * (stops.length - 1)
    const index = Math.min(stops.length - 2, Math.floor(place))
    const share = place - index
    const mix = (channel: 0 | 1 | 2): number =>
      Math.round(stops[index][channel] * (1 - share) + stops[index + 1][channel] * share)
    return [mix(0), mix(1), mix(2)]
  })
  made.set(key, ramp)
  return ramp
}

/** Below 0 to above 0. */
export const diverging = (): Ramp => rampOf([1, 2, 3, 4, 5].map((i) => colour(`diverging-${i}`)))
/** From nothing to all. */
export const sequential = (): Ramp => rampOf([colour('panel'), colour('ink')])

/** Fills an image with values of low to high. */
export function fill(
  image: ImageData,
  values: ArrayLike<number>,
  ramp: Ramp,
  [low, high]: readonly [number, number],
): void {
  const { data } = image
  const scale = high > low ? (STEPS - 1) / (high - low) : 0
  for (let i = 0; i < values.length; i++) {
    const value = Math.min(STEPS - 1, Math.max(0, Math.round((values[i] - low) * scale)))
    const [r, g, b] = ramp[Number.isNaN(value) ? 0 : value]
    data[4 * i] = r
    data[4 * i + 1] = g
    data[4 * i + 2] = b
    data[4 * i + 3] = 255
  }
}

/** The greatest distance from 0. */
export function extent(values: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]))
  return most
}
