import { eachMatrix, stackSize, type Kernel } from './kernel.ts'
import { EPSILON, scaleDown } from './rotation.ts'

export type Method = 'conjugateGradient' | 'bicgstab' | 'gmres'

export interface KrylovAttrs {
  readonly method: Method
  /** Of the residual, relative to the right-hand side. */
  readonly tolerance: number
  readonly maxIterations: number
  /** Directions that `gmres` keeps. */
  readonly restart: number
}

type Vector = Float64Array
/** What a method solves: y = A x into y, b, and x, which begins at 0; `least` is the residual to reach. */
interface System {
  readonly apply: (x: Vector, y: Vector) => void
  readonly b: Vector
  readonly x: Vector
  readonly least: number
  readonly most: number
}

const dot = (a: Vector, b: Vector): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
const norm = (a: Vector): number => Math.sqrt(dot(a, a))
/** y += factor x */
const axpy = (y: Vector, factor: number, x: Vector): void => {
  for (let i = 0; i < y.length; i++) y[i] += factor * x[i]
}

/** @see M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving linear systems", 1952 */
function conjugateGradient({ apply, b, x, least, most }: System): number {
  const r = b.slice()
  const p = b.slice()
  const q = new Float64Array(b.length)
  let rr = dot(r, r)
  for (let k = 0; k < most; k++) {
    if (Math.sqrt(rr) <= least) return k
    apply(p, q)
    const curvature = dot(p, q)
    // No such direction in a positive definite matrix.
    if (!(curvature > 0)) return k
    const step = rr / curvature
    axpy(x, step, p)
    axpy(r, -step, q)
    const next = dot(r, r)
    for (let i = 0; i < p.length; i++) p[i] = r[i] + (next / rr) * p[i]
    rr = next
  }
  return most
}

/** @see H. A. van der Vorst, "Bi-CGSTAB", 1992, https://doi.org/10.1137/0913035 */
function bicgstab({ apply, b, x, least, most }: System): number {
  const n = b.length
  const r = b.slice()
  const shadow = b.slice()
  // Steps that are larger lead nowhere, as where A is singular. NaN is not less.
  const largest = norm(b) / EPSILON ** 2
  const p = new Float64Array(n)
  const v = new Float64Array(n)
  const t = new Float64Array(n)
  let rho = 1
  let alpha = 1
  let omega = 1
  for (let k = 0; k < most; k++) {
    if (norm(r) <= least) return k
    const next = dot(shadow, r)
    const beta = (next / rho) * (alpha / omega)
    for (let i = 0; i < n; i++) p[i] = r[i] + beta * (p[i] - omega * v[i])
    apply(p, v)
    alpha = next / dot(shadow, v)
    if (next === 0 || !(Math.abs(alpha) * norm(p) <= largest)) return k
    rho = next
    axpy(x, alpha, p)
    axpy(r, -alpha, v)
    if (norm(r) <= least) return k + 1
    apply(r, t)
    omega = dot(t, r) / dot(t, t)
    if (!(Math.abs(omega) * norm(r) <= largest)) return k + 1
    axpy(x, omega, r)
    axpy(r, -omega, t)
    if (omega === 0) return k + 1
  }
  return most
}

/** @see Y. Saad, M. H. Schultz, "GMRES", 1986, https://doi.org/10.1137/0907058 */
function gmres(system: System, restart: number): number {
  const { apply, b, x, least, most } = system
  const n = b.length
  const r = new Float64Array(n)
  let done = 0
  let last = Infinity
  for (;;) {
    apply(x, r)
    for (let i = 0; i < n; i++) r[i] = b[i] - r[i]
    const size = norm(r)
    // A singular matrix has residuals that no direction makes smaller.
    if (size <= least || size >= last || done >= most) return done
    last = size
    const taken = cycle(system, r, size, Math.min(restart, most - done, n))
    done += taken
    if (taken === 0) return done
  }
}

/** Steps from a residual r; the best of their span is added to x. @returns how many */
function cycle({ apply, x, least }: System, r: Vector, size: number, most: number): number {
  const n = r.length
  const basis = [r.map((v) => v / size)]
  const columns: Vector[] = []
  const cos: number[] = []
  const sin: number[] = []
  const right = new Float64Array(most + 1)
  right[0] = size
  let k = 0
  for (; k < most && Math.abs(right[k]) > least; k++) {
    const w = new Float64Array(n)
    apply(basis[k], w)
    const reach = norm(w)
    const h = new Float64Array(k + 2)
    for (let i = 0; i <= k; i++) {
      h[i] = dot(w, basis[i])
      axpy(w, -h[i], basis[i])
    }
    h[k + 1] = norm(w)
    basis.push(h[k + 1] === 0 ? w : w.map((v) => v / h[k + 1]))
    for (let i = 0; i < k; i++) {
      const upper = cos[i] * h[i] + sin[i] * h[i + 1]
      h[i + 1] = cos[i] * h[i + 1] - sin[i] * h[i]
      h[i] = upper
    }
    const length = Math.hypot(h[k], h[k + 1])
    // Nothing but rounding: A is singular on this span, which has the best that there is.
    if (length <= n * EPSILON * reach) break
    cos.push(h[k] / length)
    sin.push(h[k + 1] / length)
    h[k] = length
    right[k + 1] = -sin[k] * right[k]
    right[k] *= cos[k]
    columns.push(h)
  }
  const y = right.slice(0, k)
  for (let i = k - 1; i >= 0; i--) {
    for (let j = i + 1; j < k; j++) y[i] -= columns[j][i] * y[j]
    y[i] /= columns[i][i]
    axpy(x, y[i], basis[i])
  }
  return k
}

/** Solutions, how many iterations each column took, and the norm of its residual over that of b. */
export const krylov: Kernel<KrylovAttrs> = ({ inputs: [m, right], outputs, attrs }) => {
  const [n, width] = right.shape.slice(-2)
  const { method, tolerance, maxIterations: most, restart } = attrs
  eachMatrix(method, stackSize(right.shape), [m, right], outputs, ([a, bs], [xs, counts, residuals]) => {
    const apply = (x: Vector, y: Vector): void => {
      for (let i = 0; i < n; i++) {
        let sum = 0
        for (let j = 0; j < n; j++) sum += a[i * n + j] * x[j]
        y[i] = sum
      }
    }
    // Products of numbers around 1: those of A and b can vanish or overflow.
    const scaleA = scaleDown(a)
    for (let c = 0; c < width; c++) {
      const b = Float64Array.from({ length: n }, (_, i) => bs[i * width + c])
      const scaleB = scaleDown(b)
      const x = new Float64Array(n)
      const size = norm(b)
      const system = { apply, b, x, least: tolerance * size, most }
      counts[c] =
        method === 'gmres'
          ? gmres(system, restart)
          : method === 'bicgstab'
            ? bicgstab(system)
            : conjugateGradient(system)
      const rest = new Float64Array(n)
      apply(x, rest)
      axpy(rest, -1, b)
      residuals[c] = size === 0 ? 0 : norm(rest) / size
      for (let i = 0; i < n; i++) xs[i * width + c] = x[i] * (scaleB / scaleA)
    }
  })
}
