import { ShapeError } from './errors.ts'
import { demandList, shown } from './settings.ts'

/** Sizes per axis; -1 is a size that is not known before the feeds are. */
export type Shape = readonly number[]

export const show = (...shapes: readonly Shape[]): string =>
  shapes.map((s) => `[${s.map(shown).join(', ')}]`).join(' and ')
/** The shapes of a list, the first few of many. */
export const showAll = (list: readonly { readonly shape: Shape }[]): string =>
  show(...list.slice(0, 8).map((t) => t.shape)) + (list.length > 8 ? ' and others' : '')
export function sizeOf(shape: Shape): number {
  let size = 1
  for (let i = 0; i < shape.length; i++) size *= shape[i]
  return size
}
export const isKnown = (shape: Shape): boolean => !shape.includes(-1)
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
/** Whether two shapes are the same as far as they are known. */
export const agree = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i] || n === -1 || b[i] === -1)
export function range(n: number): number[] {
  const numbers = new Array<number>(n)
  for (let i = 0; i < n; i++) numbers[i] = i
  return numbers
}

export const isCount = (n: number): boolean => Number.isInteger(n) && n >= 0

/** `shape` with its unknown size computed for `size` elements, null where they do not fill it. */
export function filled(shape: Shape, size: number): number[] | null {
  const known = sizeOf(shape.filter((n) => n !== -1))
  const out = shape.map((n) => (n === -1 ? (known ? size / known : 0) : n))
  return sizeOf(out) === size && out.every(isCount) ? out : null
}

/** Row-major strides in elements. */
export function contiguous(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  for (let i = shape.length - 1, s = 1; i >= 0; s *= shape[i--]) strides[i] = s
  return strides
}

/** NumPy broadcasting. An unknown size beside a known one other than 1 is that size.
 * @throws ShapeError naming the op and both shapes */
export function broadcastShapes(name: string, ...shapes: readonly Shape[]): number[] {
  const [first, second] = shapes
  if (shapes.length === 2 && (sameShape(first, second) || !second.length)) return [...first]
  let rank = 0
  for (const { length } of shapes) rank = Math.max(rank, length)
  const out = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i
      const n = shape[i]
      const have = out[at]
      if (have === 1 || (have === -1 && n !== 1)) out[at] = n
      else if (n !== 1 && n !== have && n !== -1)
        throw new ShapeError(`${name}: shapes do not broadcast, got ${show(...shapes)}`)
    }
  }
  return out
}

/** An axis counted from the front. @throws ShapeError where it is out of range */
export function normalizeAxis(name: string, axis: number, rank: number, shape?: Shape): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      `${name}: axis must be in [${-rank}, ${rank}), got ${shown(axis)}${shape ? ` for ${show(shape)}` : ''}`,
    )
  }
  return axis < 0 ? axis + rank : axis
}

export const axisOf = (name: string, { shape }: { readonly shape: Shape }, axis: number): number =>
  normalizeAxis(name, axis, shape.length, shape)

/** Sorted axes from the front; all of them where none is given. @throws ShapeError where one is out of range or named
 * twice */
export function normalizeAxes(
  name: string,
  axis: number | readonly number[] | null | undefined,
  shape: Shape,
): number[] {
  if (axis == null) return range(shape.length)
  const axes = [axis].flat().map((a) => axisOf(name, { shape }, a))
  if (new Set(axes).size !== axes.length)
    throw new ShapeError(`${name}: axes must differ, got [${axis}] for ${show(shape)}`)
  return axes.sort((a, b) => a - b)
}

/** @throws ShapeError where a size is negative or no integer; -1 passes where `unknown` is allowed */
export function checkShape(name: string, shape: Shape, unknown = false): void {
  demandList(name, shape)
  for (const n of shape) {
    if (!Number.isInteger(n) || n < (unknown ? -1 : 0))
      throw new ShapeError(
        `${name}: sizes must be non-negative integers, got ${show(shape)}; zerosLike(x), rng.normal(x) take those of x`,
      )
  }
}
