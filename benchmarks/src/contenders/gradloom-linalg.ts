import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  createRuntime,
  grad,
  hostArray,
  mul,
  square,
  sum,
  transpose,
  type Context,
  type HostArray,
  type Tensor,
} from '@gradloom/core'
import { cholesky, eigh, linalg, lu, qr, solve, svd } from '@gradloom/linalg'
import type { Run } from '../contender.ts'
import { matrices, rightSides, shapeOf, weights } from '../linalg/inputs.ts'
import { rebuild, type Factors } from '../linalg/rebuild.ts'
import type { LinalgTask, LinalgWorkload } from '../workload.ts'

type Named = Record<string, Tensor>
const symmetric = (a: Tensor): Tensor => mul(add(a, transpose(a, a.rank === 2 ? [1, 0] : [0, 2, 1])), 0.5)

const tasks: Readonly<Record<LinalgTask, (a: Tensor, b: Tensor) => Named>> = {
  svd: (a) => ({ ...svd(a) }),
  eigh: (a) => ({ ...eigh(a) }),
  qr: (a) => ({ ...qr(a) }),
  cholesky: (a) => ({ l: cholesky(a) }),
  lu: (a) => ({ ...lu(a) }),
  solve: (a, b) => ({ x: solve(a, b) }),
}

/** Squares of the factors that have a gradient, weighted. */
function loss(w: LinalgWorkload, a: Tensor, b: Tensor): Tensor {
  const isSymmetric = w.task === 'eigh' || w.task === 'cholesky'
  const { p: _, ...factors } = tasks[w.task](isSymmetric ? symmetric(a) : a, b)
  return Object.values(factors)
    .map((t, i) => {
      const length = t.shape.reduce((x, y) => x * y)
      return sum(mul(square(t), hostArray(weights(i, length), [...t.shape])))
    })
    .reduce((x, y) => add(x, y))
}

/** Row i of L U is row `rows[i]` of the matrix. */
function rowsOf(permutation: Float64Array, n: number): Float64Array {
  const rows = new Float64Array(permutation.length / n)
  for (let i = 0; i < permutation.length; i++) {
    const row = Math.floor(i / n)
    if (permutation[i] === 1) rows[row - (row % n) + (i % n)] = row % n
  }
  return rows
}

/** Our library: a compiled step in the calling thread, matrices as variables. */
export function gradloomLinalg(threads: number, w: LinalgWorkload): Run {
  const runtime = createRuntime({ backends: [cpu({ threads, placement: 'inline' })], plugins: [linalg] })
  const env = runtime.variables()
  const { size: n } = w
  env.name('a').set(hostArray(matrices(w), shapeOf(w, n)))
  if (w.task === 'solve') env.name('b').set(hostArray(rightSides(w), shapeOf(w, 1)))
  const inputs = (ctx: Context): Tensor[] => env.variableNames().map((name) => ctx.variable(name))
  const step = env.compile((ctx): Named => {
    const [a, b] = inputs(ctx)
    if (!w.backward) return tasks[w.task](a, b)
    const gradients = grad([loss(w, a, b)], inputs(ctx))
    return Object.fromEntries(gradients.map((g, i) => [`gradient${i}`, g]))
  })
  const all = async (): Promise<HostArray[]> => Object.values(await step())
  const factors = async (): Promise<Factors> => {
    const found = (await all()).map(({ data }) => data as Float64Array)
    return w.task === 'lu' ? [rowsOf(found[0], n), found[1], found[2]] : found
  }
  return {
    run: async () => (await all())[0].data as Float64Array,
    ...(!w.backward && { check: async () => rebuild(w, await factors()) }),
    dispose: () => runtime.close(),
  }
}
