import { jit, lax, numpy as np, type Array as JaxArray } from '@jax-js/jax'
import type { Run } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import { matrices, rightSides, shapeOf } from '../linalg/inputs.ts'
import { rebuild, type Factors } from '../linalg/rebuild.ts'
import type { LinalgWorkload } from '../workload.ts'

type Body = (a: JaxArray, b: JaxArray) => readonly JaxArray[]

/** What jax-js runs: under jit, but for its `solve`, which refuses it. Its `lu` has L and U in one array. */
function bodyOf(task: LinalgWorkload['task']): Body {
  switch (task) {
    case 'svd': {
      const f = jit((a: JaxArray) => np.linalg.svd(a, { fullMatrices: false }))
      return (a) => f(a)
    }
    case 'eigh': {
      const f = jit((a: JaxArray) => np.linalg.eigh(a))
      return (a) => f(a)
    }
    case 'cholesky': {
      const f = jit((a: JaxArray) => lax.linalg.cholesky(a))
      return (a) => [f(a)]
    }
    case 'lu': {
      const f = jit((a: JaxArray) => lax.linalg.lu(a))
      return (a) => f(a)
    }
    case 'solve':
      return (a, b) => [np.linalg.solve(a, b)]
    case 'qr':
      throw new UnsupportedError('not a workload for jax-js: it has no QR')
  }
}

/** L and U of the one array of both. */
function split(both: Float64Array, n: number): [l: Float64Array, u: Float64Array] {
  const row = (i: number): number => Math.floor(i / n) % n
  const l = both.map((v, i) => (row(i) > i % n ? v : row(i) === i % n ? 1 : 0))
  return [l, both.map((v, i) => (row(i) <= i % n ? v : 0))]
}

export function jaxLinalg(w: LinalgWorkload): Run {
  if (w.backward) throw new UnsupportedError('not a workload for jax-js: SVD and eigenvectors have no gradient there')
  const { task, size: n } = w
  const body = bodyOf(task)
  const a = np.array(matrices(w), { shape: shapeOf(w, n), dtype: np.float64 })
  const b = np.array(rightSides(w), { shape: shapeOf(w, 1), dtype: np.float64 })
  const all = async (): Promise<Float64Array[]> => {
    const results = body(a.ref, task === 'solve' ? b.ref : b)
    return Promise.all(results.map(async (t) => (await t.data()) as Float64Array))
  }
  const factors = async (): Promise<Factors> => {
    const found = await all()
    return task === 'lu' ? [Float64Array.from(found[2]), ...split(found[0], n)] : found
  }
  return {
    run: async () => (await all())[0],
    check: async () => rebuild(w, await factors()),
    dispose: () => {
      a.dispose()
      b.dispose()
    },
  }
}
