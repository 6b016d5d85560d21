import {
  add,
  applyAll,
  broadcastShapes,
  concat,
  defineOp,
  div,
  DTypeError,
  flip,
  isFloat,
  mul,
  pad,
  ShapeError,
  show,
  slice,
  transpose,
  zerosLike,
  type Meta,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { agree, axisOf, demand, isCount, range, settings } from '@gradloom/core/extend'
import type { DftAttrs } from '../kernels/fft.ts'
import { composite } from './composite.ts'
import { asFloats } from './shape.ts'

/** Complex numbers until there is a dtype for them: real and imaginary parts, of one shape. */
export interface Complex {
  readonly re: Tensor
  readonly im: Tensor
}
/** The same as data; without `im` it is real. */
export interface ComplexLike {
  readonly re: TensorLike
  readonly im?: TensorLike
}

export interface FftOptions {
  /** How many elements to transform: the axis is cut, or filled up with zeros. All by default. */
  readonly n?: number | null
  /** The last by default. */
  readonly axis?: number
}

/** The last axis, without a factor. Its adjoint is the transform of the other sign. */
export const dftOp: Op<DftAttrs> = defineOp<DftAttrs>({
  name: 'linalg/dft',
  infer: ([re, im]) => [re, im],
  vjp: ({ cotangents: [re, im], attrs: { sign } }) => applyAll(dftOp, [re, im], { sign: sign === 1 ? -1 : 1 }),
})

/** The axis last, or back in its place. */
const moved = (x: Tensor, from: number, to: number): Tensor => {
  const axes = range(x.rank).filter((i) => i !== from)
  axes.splice(to, 0, from)
  return transpose(x, axes)
}

/** The first n elements of the last axis. */
function sized(x: Tensor, n: number): Tensor {
  const have = x.shape.at(-1)!
  const before = x.shape.slice(0, -1)
  if (have > n) return slice(x, [...before.map(() => null), [0, n]])
  return have < n ? pad(x, [...before.map((): [number, number] => [0, 0]), [0, n - have]]) : x
}

/** Cuts an axis. */
const upTo = (x: Tensor, axis: number, begin: number, end: number): Tensor =>
  slice(
    x,
    range(x.rank).map((i) => (i === axis ? [begin, end] : null)),
  )

interface LineAttrs {
  /** What errors call it. */
  readonly name: string
  /** Elements of the transform, null for those of the axis. */
  readonly n: number | null
  /** Not negative. */
  readonly axis: number
}
interface FftAttrs extends LineAttrs {
  readonly sign: 1 | -1
  /** Whether the elements that are conjugates of others go. */
  readonly isHalf: boolean
}

/** What is known of the result's parts, `size` elements along the axis. @throws ShapeError, DTypeError */
function linesOf({ name, axis }: LineAttrs, re: Meta, im: Meta, size: number): readonly Meta[] {
  if (!isFloat(re.dtype) || re.dtype === 'float16')
    throw new DTypeError(`${name}: float32 or float64 required, got ${re.dtype}; cast it`)
  if (!agree(re.shape, im.shape))
    throw new ShapeError(`${name}: parts of one shape required, got ${show(re.shape, im.shape)}`)
  const part = { shape: re.shape.map((n, i) => (i === axis ? size : n)), dtype: re.dtype }
  return [part, part]
}

const halfOf = (n: number): number => (n === -1 ? -1 : Math.floor(n / 2) + 1)

const fftOp: Op<FftAttrs> = composite<FftAttrs>(
  'fft',
  ([re, im], attrs) => {
    const size = attrs.n ?? re.shape[attrs.axis]
    return linesOf(attrs, re, im, attrs.isHalf ? halfOf(size) : size)
  },
  ([re, im], { n, axis, sign, isHalf }) => {
    const size = n ?? re.shape[axis]
    const ready = (t: Tensor): Tensor => sized(moved(t, axis, t.rank - 1), size)
    return applyAll(dftOp, [ready(re), ready(im)], { sign }).map((t) =>
      moved(sized(div(t, sign === 1 ? size : 1), isHalf ? halfOf(size) : size), t.rank - 1, axis),
    )
  },
)

/** Elements of what `irfft` gives, -1 where that is not known. @throws SettingError */
function wholeOf(n: number | null, half: number): number {
  if (n === null && half === -1) return -1
  const size = n ?? 2 * (half - 1)
  demand(isCount(size) && size > 0, 'irfft', 'a positive whole number', size, 'n')
  return size
}

/** The elements of `fft` from those of `rfft`. */
const wholeOp: Op<LineAttrs> = composite<LineAttrs>(
  'whole of rfft',
  ([re, im], attrs) => linesOf(attrs, re, im, wholeOf(attrs.n, re.shape[attrs.axis])),
  ([re, im], { n, axis }) => {
    const size = wholeOf(n, re.shape[axis])
    const half = halfOf(size)
    const whole = (t: Tensor, sign: number): Tensor => {
      const head = moved(sized(moved(t, axis, t.rank - 1), half), t.rank - 1, axis)
      return concat([head, mul(flip(upTo(head, axis, 1, size - half + 1), axis), sign)], axis)
    }
    return [whole(re, 1), whole(im, -1)]
  },
)

function partsOf(name: string, x: TensorLike | ComplexLike, isReal: boolean): Complex {
  const isPair = typeof x === 'object' && x !== null && 're' in x
  demand(!isReal || !isPair || x.im === undefined, name, 'real numbers, no im,', x)
  const [re, im] = isPair ? asFloats((x as ComplexLike).re, (x as ComplexLike).im ?? 0) : asFloats(x as TensorLike, 0)
  broadcastShapes(name, re.shape, im.shape)
  return { re, im: add(zerosLike(re), im) }
}

/** @throws NameError, SettingError */
const lineOf = (name: string, options: FftOptions | undefined): Pick<LineAttrs, 'n' | 'axis'> =>
  settings(name, options, { n: null, axis: -1 })

function transformed(
  name: string,
  x: TensorLike | ComplexLike,
  sign: 1 | -1,
  options: FftOptions | undefined,
  isHalf = false,
): Complex {
  const { n, axis } = lineOf(name, options)
  const parts = partsOf(name, x, isHalf)
  const at = axisOf(name, parts.re, axis)
  demand(n === null || (isCount(n) && n > 0), name, 'a positive whole number', n, 'n')
  const [re, im] = applyAll(fftOp, [parts.re, parts.im], { name, n, axis: at, sign, isHalf })
  return { re, im }
}

/** The discrete Fourier transform sum_k x_k exp(-2 pi i j k / n) along an axis, of any length; x is a pair of parts, or
 * real.
 * @throws ShapeError, DTypeError, SettingError
 * @see https://numpy.org/doc/stable/reference/routines.fft.html
 * @example const { re, im } = fft([1, 0, -1, 0]) */
export const fft = (x: TensorLike | ComplexLike, options?: FftOptions): Complex => transformed('fft', x, -1, options)

/** The inverse of `fft`: sum_k x_k exp(2 pi i j k / n) / n. @throws ShapeError, DTypeError, SettingError
 * @example const { re } = ifft(fft([1, 2, 3])) */
export const ifft = (x: TensorLike | ComplexLike, options?: FftOptions): Complex => transformed('ifft', x, 1, options)

/** The first floor(n / 2) + 1 elements of `fft` of a real x: the others are their conjugates.
 * @throws ShapeError, DTypeError, SettingError
 * @example const { re, im } = rfft([1, 2, 3, 4]) */
export const rfft = (x: TensorLike, options?: FftOptions): Complex => transformed('rfft', x, -1, options, true)

/** The inverse of `rfft`, real: `n` elements, by default twice those of x less two. Imaginary parts of the first
 * element and, for even n, the last do not count.
 * @throws ShapeError, DTypeError, SettingError
 * @example const x = irfft(rfft([1, 2, 3, 4])) */
export function irfft(x: ComplexLike, options?: FftOptions): Tensor {
  const given = lineOf('irfft', options)
  const parts = partsOf('irfft', x, false)
  const axis = axisOf('irfft', parts.re, given.axis)
  const [re, im] = applyAll(wholeOp, [parts.re, parts.im], { name: 'irfft', n: given.n, axis })
  return transformed('irfft', { re, im }, 1, { axis }).re
}

/** `fft` along the last two axes; it has no settings. @throws ShapeError, DTypeError, NameError
 * @example const { re, im } = fft2([[1, 2], [3, 4]]) */
export function fft2(x: TensorLike | ComplexLike, options?: Readonly<Record<string, never>>): Complex {
  settings('fft2', options, {})
  const rows = transformed('fft2', x, -1, { axis: -1 })
  return transformed('fft2', rows, -1, { axis: -2 })
}
