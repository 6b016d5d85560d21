export type Real = 'float32' | 'float64'
export type ModelName = 'mlp' | 'cnn' | 'gpt' | 'gpt-large'
export type OptimizerName = 'sgd' | 'adam'

export type LinalgTask = 'svd' | 'eigh' | 'qr' | 'cholesky' | 'lu' | 'solve'

/** Square matrices, decomposed or solved with one right-hand side each, in float64. */
export interface LinalgWorkload {
  readonly kind: 'linalg'
  readonly task: LinalgTask
  readonly size: number
  readonly batch: number
  /** With the gradient of the factors' weighted squares. */
  readonly backward: boolean
}

interface Common {
  readonly id: string
  /** Floating-point operations of a run, where counting them means something. */
  readonly flops?: number
  /** The largest distance between two right results. */
  readonly tolerance: number
}

/** What is measured, as plain data: every contender knows how to do it, or says that it cannot. Inputs are on the
 * device when a run begins (but for the batches of training); the result is back in JavaScript when it ends. */
export type Workload = Common &
  (
    | {
        readonly kind: 'matmul'
        readonly dtype: Real
        readonly size: number
        readonly transA: boolean
        readonly transB: boolean
      }
    | { readonly kind: 'matvec'; readonly dtype: Real; readonly size: number; readonly transA: boolean }
    | { readonly kind: 'chain'; readonly size: number }
    | { readonly kind: 'softmax' | 'layerNorm'; readonly rows: number; readonly columns: number }
    | { readonly kind: 'sum'; readonly size: number }
    | {
        readonly kind: 'train'
        readonly model: ModelName
        readonly optimizer: OptimizerName
        readonly batch: number
        /** A graph anew for each step, where the others compile one. */
        readonly eager?: boolean
      }
    | { readonly kind: 'dependent'; readonly count: number; readonly form: 'products' | 'scans' }
    | { readonly kind: 'eager'; readonly size: number }
    | LinalgWorkload
  )

/** Seeds of the inputs, so that no two are equal. */
export const seeds = { a: 1, b: 2, x: 3, scale: 4, bias: 5, weights: 50, parameters: 100, batches: 1000 } as const

/** tanh(x c0 + c1) e^(-x^2) + x c2: three kinds of work in one pass over memory. */
export const chainConstants = [1.5, 0.25, 0.5] as const
export const layerNormEps = 1e-5
/** A scalar goes through x -> x c0 (as a 1 x 1 product) or x -> cumsum(x c0 + c1), again and again; it neither grows
 * nor vanishes. */
export const dependentConstants = { product: 0.9999, scale: 0.5, shift: 0.25 } as const
