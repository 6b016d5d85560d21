import { vectorLength, type RealArray } from './arguments.ts'
import { bind } from './bind.ts'
import type { Machine } from './matrix.ts'

/** Vector routines. `n` elements, increments in elements; with a negative increment element 0 is the last in memory. */
export interface Level1<A extends RealArray> {
  /** Exchanges x and y. */
  swap(n: number, x: A, incX: number, y: A, incY: number): void
  /** x = alpha x; NaN stays NaN for alpha = 0. Nothing if incX < 1. */
  scal(n: number, alpha: number, x: A, incX: number): void
  /** y = x */
  copy(n: number, x: A, incX: number, y: A, incY: number): void
  /** y = alpha x + y; nothing for alpha = 0. */
  axpy(n: number, alpha: number, x: A, incX: number, y: A, incY: number): void
  /** Sum of x y, 0 for n = 0. */
  dot(n: number, x: A, incX: number, y: A, incY: number): number
  /** Square root of the sum of squares, without overflow or underflow. 0 if incX < 1. */
  nrm2(n: number, x: A, incX: number): number
  /** Sum of |x|. 0 if incX < 1. */
  asum(n: number, x: A, incX: number): number
  /** (x, y) = (c x + s y, c y - s x) */
  rot(n: number, x: A, incX: number, y: A, incY: number, c: number, s: number): void
  /** The rotation that takes (a, b) to (r, 0), and z, from which c and s can be had again. */
  rotg(a: number, b: number): { readonly r: number; readonly z: number; readonly c: number; readonly s: number }
}

/** Index of the first element of largest magnitude, from 0; `iamax` of BLAS. 0 if n < 1 or incX < 1. */
export type Iamax<A extends RealArray> = (n: number, x: A, incX: number) => number

export function level1<A extends RealArray>(
  machine: Machine,
  prefix: string,
): Level1<A> & { readonly iamax: Iamax<A> } {
  const { k } = machine
  const one = <T>(name: string, n: number, x: A, incX: number, none: T, run: (x: number) => T, output = false): T => {
    const length = vectorLength(prefix + name, 'X', n, incX)
    return n < 1 || incX < 1 ? none : bind(machine, prefix + name, [{ name: 'x', array: x, length, output }], run)
  }
  const two = <T>(
    name: string,
    n: number,
    x: A,
    incX: number,
    y: A,
    incY: number,
    outputs: 'none' | 'y' | 'both',
    run: (x: number, y: number) => T,
  ): T =>
    bind(
      machine,
      prefix + name,
      [
        { name: 'x', array: x, length: vectorLength(prefix + name, 'X', n, incX), output: outputs === 'both' },
        { name: 'y', array: y, length: vectorLength(prefix + name, 'Y', n, incY), output: outputs !== 'none' },
      ],
      run,
    )
  return {
    swap: (n, x, incX, y, incY) => two('swap', n, x, incX, y, incY, 'both', (p, q) => k.swap(n, p, incX, q, incY)),
    scal: (n, alpha, x, incX) => one('scal', n, x, incX, undefined, (p) => k.scal(n, alpha, p, incX), true),
    copy: (n, x, incX, y, incY) => two('copy', n, x, incX, y, incY, 'y', (p, q) => k.copy(n, p, incX, q, incY)),
    axpy: (n, alpha, x, incX, y, incY) =>
      two('axpy', n, x, incX, y, incY, 'y', (p, q) => k.axpy(n, alpha, p, incX, q, incY)),
    dot: (n, x, incX, y, incY) => two('dot', n, x, incX, y, incY, 'none', (p, q) => k.dot(n, p, incX, q, incY)),
    nrm2: (n, x, incX) => one('nrm2', n, x, incX, 0, (p) => k.nrm2(n, p, incX)),
    asum: (n, x, incX) => one('asum', n, x, incX, 0, (p) => k.asum(n, p, incX)),
    iamax: (n, x, incX) => one('iamax', n, x, incX, 0, (p) => k.iamax(n, p, incX)),
    rot: (n, x, incX, y, incY, c, s) =>
      two('rot', n, x, incX, y, incY, 'both', (p, q) => k.rot(n, p, incX, q, incY, c, s)),
    rotg: k.type === 'f32' ? (a, b) => round(rotg(Math.fround(a), Math.fround(b))) : rotg,
  }
}

type Rotation = ReturnType<Level1<RealArray>['rotg']>

const round = ({ r, z, c, s }: Rotation): Rotation => ({
  r: Math.fround(r),
  z: Math.fround(z),
  c: Math.fround(c),
  s: Math.fround(s),
})

function rotg(a: number, b: number): Rotation {
  if (b === 0) return { r: a, z: 0, c: 1, s: 0 }
  if (a === 0) return { r: b, z: 1, c: 0, s: 1 }
  const sign = Math.sign(Math.abs(a) > Math.abs(b) ? a : b)
  const r = sign * Math.hypot(a, b)
  const [c, s] = [a / r, b / r]
  return { r, z: Math.abs(a) > Math.abs(b) ? s : c !== 0 ? 1 / c : 1, c, s }
}
