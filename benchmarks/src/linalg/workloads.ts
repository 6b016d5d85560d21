import type { LinalgTask, Workload } from '../workload.ts'

const TASKS: readonly LinalgTask[] = ['svd', 'eigh', 'qr', 'cholesky', 'lu', 'solve']

/** Size and batch. */
const SHAPES: readonly (readonly [number, number])[] = [
  [8, 1],
  [32, 1],
  [128, 1],
  [512, 1],
  [4, 10_000],
]
const SMALL_SHAPES: readonly (readonly [number, number])[] = [
  [9, 1],
  [4, 3],
]

/** Of the matrix that factors multiply to, and of gradients. Gaps of eigenvalues, which gradients are divided by, go
 * down to a thousandth of them in the largest matrices. */
const TOLERANCE = { forward: 1e-10, backward: 1e-6 } as const

/** Decompositions and solutions, alone and with their gradients, in the order of the table. */
export const linalgWorkloads = (small: boolean): Workload[] =>
  TASKS.flatMap((task) =>
    (small ? SMALL_SHAPES : SHAPES).flatMap(([size, batch]) =>
      (['forward', 'backward'] as const).map((way): Workload => {
        const name = `${task} ${batch > 1 ? `${batch} of ${size}` : size}`
        const backward = way === 'backward'
        return {
          id: backward ? `${name}, forward and backward` : name,
          kind: 'linalg',
          task,
          size,
          batch,
          backward,
          tolerance: TOLERANCE[way],
        }
      }),
    ),
  )
