/** Makes n numbers of x, from `at` on and `step` apart, a Householder vector v, its first element 1, whose reflection
 * I - tau v v^T takes them to (beta, 0, ..., 0). @returns tau and beta
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 5.1 */
export function reflector(
  x: Float64Array,
  at: number,
  n: number,
  step: number = 1,
): readonly [tau: number, beta: number] {
  const end = at + n * step
  let scale = 0
  for (let i = at + step; i < end; i += step) scale = Math.max(scale, Math.abs(x[i]))
  const first = x[at]
  x[at] = 1
  if (scale === 0) return [0, first]
  scale = Math.max(scale, Math.abs(first))
  let sum = (first / scale) * (first / scale)
  for (let i = at + step; i < end; i += step) sum += (x[i] / scale) * (x[i] / scale)
  const norm = scale * Math.sqrt(sum)
  const beta = first > 0 ? -norm : norm
  for (let i = at + step; i < end; i += step) x[i] /= first - beta
  return [(beta - first) / beta, beta]
}

/** The sum of n products, in four parts: an addition need not wait for the one before. */
export function dot(x: Float64Array, xAt: number, y: Float64Array, yAt: number, n: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let i = 0
  for (; i + 4 <= n; i += 4) {
    s0 += x[xAt + i] * y[yAt + i]
    s1 += x[xAt + i + 1] * y[yAt + i + 1]
    s2 += x[xAt + i + 2] * y[yAt + i + 2]
    s3 += x[xAt + i + 3] * y[yAt + i + 3]
  }
  for (; i < n; i++) s0 += x[xAt + i] * y[yAt + i]
  return s0 + s1 + (s2 + s3)
}

/** y -= tau v (v^T y), for the n numbers of each from these places on. */
export function reflect(v: Float64Array, vAt: number, n: number, tau: number, y: Float64Array, yAt: number): void {
  const factor = tau * dot(v, vAt, y, yAt, n)
  for (let i = 0; i < n; i++) y[yAt + i] -= factor * v[vAt + i]
}
