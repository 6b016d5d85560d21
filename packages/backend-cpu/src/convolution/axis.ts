/** One spatial axis of a convolution: `before` elements of padding (negative: cropped), `inputDilation` - 1 zeros
 * between elements. */
export interface AxisGeometry {
  readonly size: number
  readonly kernel: number
  readonly out: number
  readonly stride: number
  readonly before: number
  readonly dilation: number
  readonly inputDilation: number
}

/**
 * The outputs `first`, `first + every`, ... (`count` of them): those that see the same taps, the others falling between
 * input elements. For the q-th, tap k reads input element `start` + q step.
 */
export interface OutputClass {
  readonly first: number
  readonly every: number
  readonly count: number
  readonly step: number
  readonly taps: readonly { readonly k: number; readonly start: number }[]
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
const modulo = (a: number, b: number): number => ((a % b) + b) % b

/** Outputs by their position modulo inputDilation: p stride + k dilation - before = inputDilation * element. */
export function outputClasses({
  kernel,
  out,
  stride,
  before,
  dilation,
  inputDilation: e,
}: AxisGeometry): OutputClass[] {
  const every = e / gcd(stride, e)
  return Array.from({ length: Math.min(every, out) }, (_, first) => ({
    first,
    every,
    count: Math.ceil((out - first) / every),
    step: (every * stride) / e,
    taps: Array.from({ length: kernel }, (_, k) => ({ k, start: (first * stride + k * dilation - before) / e })).filter(
      ({ k }) => modulo(first * stride + k * dilation - before, e) === 0,
    ),
  }))
}

/**
 * Where the elements of an axis lie in a copy of the input that holds [low, high], zeros outside the input: in `phases`
 * parts of `length` elements, so that elements `step` apart are neighbours. `parts[r]` is the place of the elements
 * that are r modulo `step` from `low`, -1 where no output reads them.
 */
export interface AxisLayout {
  readonly low: number
  readonly high: number
  readonly step: number
  readonly length: number
  readonly parts: readonly number[]
}

/** `split`: whether elements `step` apart are made neighbours. */
export function axisLayout(classes: readonly OutputClass[], split: boolean): AxisLayout {
  const starts = classes.flatMap((c) => c.taps.map((t) => t.start))
  const low = Math.min(...starts)
  const high = Math.max(...classes.flatMap((c) => c.taps.map((t) => t.start + (c.count - 1) * c.step)))
  const step = split ? classes[0].step : 1
  const used = new Set(starts.map((s) => modulo(s - low, step)))
  let next = 0
  return {
    low,
    high,
    step,
    length: Math.floor((high - low) / step) + 1,
    parts: Array.from({ length: step }, (_, r) => (used.has(r) ? next++ : -1)),
  }
}

/** Elements of an axis in the copy. */
export const layoutSize = ({ length, parts }: AxisLayout): number => length * parts.filter((p) => p >= 0).length
/** Where element `at` lies. */
export const placeOf = ({ low, step, length, parts }: AxisLayout, at: number): number =>
  parts[(at - low) % step] * length + Math.floor((at - low) / step)
