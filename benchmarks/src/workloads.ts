import { batchOf, trainingFlops } from './models/index.ts'
import type { ModelName, OptimizerName, Real, Workload } from './workload.ts'

const SIZES = [64, 128, 256, 512, 1024, 2048]
const FORMS = [
  ['A·B', false, false],
  ['Aᵀ·B', true, false],
  ['A·Bᵀ', false, true],
] as const
const TOLERANCE = { float32: 2e-5, float64: 1e-12 } as const

const products = (['float32', 'float64'] as const).flatMap((dtype: Real) =>
  SIZES.flatMap((size) =>
    FORMS.map(([form, transA, transB]): Workload => ({
      id: `${dtype === 'float32' ? 's' : 'd'}gemm ${size} ${form}`,
      kind: 'matmul',
      dtype,
      size,
      transA,
      transB,
      flops: 2 * size ** 3,
      tolerance: TOLERANCE[dtype],
    })),
  ),
)

const vectors = (['float32', 'float64'] as const).flatMap((dtype: Real) =>
  [false, true].map((transA): Workload => ({
    id: `${dtype === 'float32' ? 's' : 'd'}gemv 1024 ${transA ? 'Aᵀ·x' : 'A·x'}`,
    kind: 'matvec',
    dtype,
    size: 1024,
    transA,
    flops: 2 * 1024 ** 2,
    tolerance: TOLERANCE[dtype],
  })),
)

const training = (
  [
    ['mlp', 'sgd', 64],
    ['mlp', 'adam', 64],
    ['mlp', 'sgd', 512],
    ['mlp', 'adam', 512],
    ['cnn', 'sgd', batchOf.cnn],
    ['gpt', 'adam', batchOf.gpt],
  ] as const
).map(([model, optimizer, batch]: readonly [ModelName, OptimizerName, number]): Workload => ({
  id: `${model} step, batch ${batch}, ${optimizer}`,
  kind: 'train',
  model,
  optimizer,
  batch,
  flops: trainingFlops(model, batch),
  tolerance: 1e-4,
}))

const eagerTraining: Workload = {
  ...(training[1] as Extract<Workload, { kind: 'train' }>),
  id: 'mlp eager step, batch 64, adam',
  eager: true,
}

/** Every workload that is timed in rounds, in the order of the table. */
export const workloads: readonly Workload[] = [
  ...training,
  eagerTraining,
  ...products,
  ...vectors,
  { id: 'elementwise chain 1e6', kind: 'chain', size: 1e6, tolerance: 2e-5 },
  { id: 'softmax 512 x 1000', kind: 'softmax', rows: 512, columns: 1000, tolerance: 2e-5 },
  { id: 'layerNorm 4096 x 256', kind: 'layerNorm', rows: 4096, columns: 256, tolerance: 2e-5 },
  { id: 'sum of 1e7', kind: 'sum', size: 1e7, tolerance: 1e-4 },
  { id: '1,000 dependent 1 x 1 products', kind: 'dependent', count: 1000, form: 'products', tolerance: 1e-4 },
  {
    id: '1,000 dependent scalar ops, every other a scan',
    kind: 'dependent',
    count: 1000,
    form: 'scans',
    tolerance: 1e-4,
  },
  { id: 'eager add of 16', kind: 'eager', size: 16, tolerance: 1e-6 },
]

/** The step whose first result, and whose memory, are measured. */
export const firstStep: Workload = workloads.find((w) => w.kind === 'train' && w.model === 'cnn')!
