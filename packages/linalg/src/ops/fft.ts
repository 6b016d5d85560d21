import {
  add,
  applyAll,
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
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { axisOf, demand, isCount, range, settings } from '@gradloom/core/extend'
import type { DftAttrs } from '../kernels/fft.ts'
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
  infer: ([re, im]) => {
    if (!isFloat(re.dtype) || re.dtype === 'float16')
      throw new DTypeError(`fft: float32 or float64 required, got ${re.dtype}; cast it`)
    if (re.shape.length < 1 || String(re.shape) !== String(im.shape))
      throw new ShapeError(`fft: parts of one shape with an axis required, got ${show(re.shape, im.shape)}`)
    return [re, im]
  },
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

function partsOf(name: string, x: TensorLike | ComplexLike): Complex {
  const isPair = typeof x === 'object' && x !== null && 're' in x
  const [re, im] = isPair ? asFloats((x as ComplexLike).re, (x as ComplexLike).im ?? 0) : asFloats(x as TensorLike, 0)
  const spread = add(zerosLike(re), im)
  if (spread.rank !== re.rank)
    throw new ShapeError(`${name}: parts of one shape required, got ${show(re.shape, im.shape)}`)
  return { re, im: spread }
}

function transformed(
  name: string,
  x: TensorLike | ComplexLike,
  sign: 1 | -1,
  options: FftOptions | undefined,
): Complex {
  const { n, axis } = settings<{ n: number | null; axis: number }>(name, options, { n: null, axis: -1 })
  const { re, im } = partsOf(name, x)
  const from = axisOf(name, re, axis)
  demand(n === null || (isCount(n) && n > 0), name, 'a positive whole number', n, 'n')
  const ready = (t: Tensor): Tensor => {
    const last = moved(t, from, t.rank - 1)
    return n === null ? last : sized(last, n)
  }
  const [u, v] = applyAll(dftOp, [ready(re), ready(im)], { sign })
  const size = sign === 1 ? u.shape.at(-1)! : 1
  return { re: moved(div(u, size), u.rank - 1, from), im: moved(div(v, size), v.rank - 1, from) }
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

/** Cuts an axis. */
const upTo = (x: Tensor, axis: number, begin: number, end: number): Tensor =>
  slice(
    x,
    range(x.rank).map((i) => (i === axis ? [begin, end] : null)),
  )

/** The first floor(n / 2) + 1 elements of `fft` of a real x: the others are their conjugates.
 * @throws ShapeError, DTypeError, SettingError
 * @example const { re, im } = rfft([1, 2, 3, 4]) */
export function rfft(x: TensorLike, options?: FftOptions): Complex {
  const { re, im } = transformed('rfft', x, -1, options)
  const axis = axisOf('rfft', re, options?.axis ?? -1)
  const half = Math.floor(re.shape[axis] / 2) + 1
  return { re: upTo(re, axis, 0, half), im: upTo(im, axis, 0, half) }
}

/** The inverse of `rfft`, real: `n` elements, by default twice those of x less two. Imaginary parts of the first
 * element and, for even n, the last do not count.
 * @throws ShapeError, DTypeError, SettingError
 * @example const x = irfft(rfft([1, 2, 3, 4])) */
export function irfft(x: ComplexLike, options?: FftOptions): Tensor {
  const { re, im } = partsOf('irfft', x)
  const axis = axisOf('irfft', re, options?.axis ?? -1)
  const n = options?.n ?? 2 * (re.shape[axis] - 1)
  demand(isCount(n) && n > 0, 'irfft', 'a positive whole number', n, 'n')
  const half = Math.floor(n / 2) + 1
  const first = (t: Tensor): Tensor => moved(sized(moved(t, axis, t.rank - 1), half), t.rank - 1, axis)
  const whole = (t: Tensor, sign: number): Tensor => {
    const head = first(t)
    return concat([head, mul(flip(upTo(head, axis, 1, n - half + 1), axis), sign)], axis)
  }
  return transformed('irfft', { re: whole(re, 1), im: whole(im, -1) }, 1, { axis }).re
}

/** `fft` along the last two axes. @throws ShapeError, DTypeError
 * @example const { re, im } = fft2([[1, 2], [3, 4]]) */
export function fft2(x: TensorLike | ComplexLike): Complex {
  const rows = transformed('fft2', x, -1, { axis: -1 })
  return transformed('fft2', rows, -1, { axis: -2 })
}
