import { grad, hostArray, matmul, mul, slice, sum, tensor, transpose, type Runtime, type Tensor } from '@gradloom/core'
import { eigh, type Degenerate } from '@gradloom/linalg'
import { EXPONENTS, POLICIES, type GapRow, type LossName, type Outcome } from './messages.ts'

const N = 3
/** Eigenvectors, in columns: two turns. */
const Q = turned(0.5, 0.9)
/** Weights of the loss. */
const W = [0.3, -0.7, 0.4, 0.9, 0.2, -0.5, -0.6, 0.8, 0.1]
const LOWEST = 1
const HIGHEST = 2.5

function turned(a: number, b: number): number[] {
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)]
  return [ca, -sa * cb, sa * sb, sa, ca * cb, -ca * sb, 0, sb, cb]
}

const product = (a: readonly number[], b: readonly number[]): number[] =>
  Array.from({ length: N * N }, (_, i) => {
    const [row, column] = [Math.floor(i / N), i % N]
    return [0, 1, 2].reduce((total, k) => total + a[row * N + k] * b[k * N + column], 0)
  })
const turn = (a: readonly number[]): number[] => a.map((_, i) => a[(i % N) * N + Math.floor(i / N)])
const size = (a: ArrayLike<number>): number => Math.hypot(...Array.from(a))

/** Q diag(1, 1 + gap, 2.5) Q^T */
function matrixWith(gap: number): number[] {
  const values = [LOWEST, LOWEST + gap, HIGHEST]
  return product(
    Q.map((q, i) => q * values[i % N]),
    turn(Q),
  )
}

/** How many of the first eigenvectors the loss <W, V V^T> reads. */
const columns = (loss: LossName): number => (loss === 'vector' ? 1 : 2)

/** The gradient by its formula, with the gap as it is: for each pair of a vector that is read and one that is not,
 * their share of W over the distance of their values. */
function exact(loss: LossName, gap: number): number[] | null {
  const values = [LOWEST, LOWEST + gap, HIGHEST]
  const read = columns(loss)
  if (gap === 0 && loss === 'vector') return null
  const share = product(product(turn(Q), W), Q)
  const inner = share.map((_, i) => {
    const [row, column] = [Math.floor(i / N), i % N]
    const [a, b] = [Math.min(row, column), Math.max(row, column)]
    if (!(a < read && b >= read)) return 0
    return (share[a * N + b] + share[b * N + a]) / 2 / (values[a] - values[b])
  })
  return product(product(Q, inner), turn(Q))
}

/** The symmetric part of the gradient of <W, V V^T>, V the eigenvectors that the loss reads. */
function gradient(loss: LossName, a: Tensor, degenerate: Degenerate): Tensor {
  const { vectors } = eigh(a, { degenerate })
  const v = slice(vectors, [null, [0, columns(loss)]])
  const [g] = grad([sum(mul(tensor(hostArray(Float64Array.from(W), [N, N])), matmul(v, transpose(v))))], [a])
  return mul(g.add(transpose(g)), 0.5)
}

async function outcome(runtime: Runtime, loss: LossName, gap: number, degenerate: Degenerate): Promise<Outcome> {
  const a = tensor(hostArray(Float64Array.from(matrixWith(gap)), [N, N]))
  const right = exact(loss, gap)
  try {
    const [{ data }] = await runtime.evaluate([gradient(loss, a, degenerate)])
    const got = Array.from(data, Number)
    const off = right && size(got.map((g, i) => g - right[i])) / size(right)
    return { norm: size(got), off, error: '' }
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'DEGENERATE') throw error
    return { norm: null, off: null, error: (error as Error).message }
  }
}

/** What each policy gives as two eigenvalues meet. */
export async function gapRows(runtime: Runtime, loss: LossName): Promise<GapRow[]> {
  const rows: GapRow[] = []
  for (const exponent of EXPONENTS) {
    const gap = 10 ** -exponent
    const right = exact(loss, gap)
    const outcomes: Outcome[] = []
    for (const policy of POLICIES) outcomes.push(await outcome(runtime, loss, gap, policy))
    rows.push({ exponent, exact: right && size(right), outcomes })
  }
  return rows
}
