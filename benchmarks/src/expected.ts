import { sampleIndices, type Digest } from './digest.ts'
import { uniform, uniform64 } from './inputs.ts'
import { matrices, rightSides } from './linalg/inputs.ts'
import { chainConstants, dependentConstants, layerNormEps, seeds, type Workload } from './workload.ts'

/** Losses of the first steps, as PyTorch 1.13 has them, over all batches and the first again: what the models must give
 * in every library. */
export const expectedLosses: Readonly<Record<string, readonly number[]>> = {
  'mlp step, batch 64, sgd': [2.311943, 2.362488, 2.412051, 2.436016, 2.274953],
  'mlp step, batch 64, adam': [2.311943, 2.361054, 2.411928, 2.420818, 2.238999],
  'mlp eager step, batch 64, adam': [2.311943, 2.361054, 2.411928, 2.420818, 2.238999],
  'mlp step, batch 512, sgd': [2.37711, 2.389076, 2.36557, 2.403036, 2.34016],
  'mlp step, batch 512, adam': [2.37711, 2.383965, 2.35774, 2.386298, 2.328173],
  'cnn step, batch 32, sgd': [2.354479, 2.304872, 2.317552, 2.315649, 2.331811],
  'gpt step, batch 8, adam': [4.801522, 4.777701, 4.789208, 4.643312, 4.496105],
}

/** The sampled elements of the right result, computed one by one in double precision. */
export function expectedSamples(w: Workload): { readonly length: number; readonly samples: readonly number[] } | null {
  switch (w.kind) {
    case 'matmul': {
      const n = w.size
      const make = w.dtype === 'float32' ? uniform : uniform64
      const a = make(n * n, seeds.a, -1, 1)
      const b = make(n * n, seeds.b, -1, 1)
      return at(n * n, (i) => {
        const row = Math.floor(i / n)
        const column = i % n
        return total(n, (k) => a[w.transA ? k * n + row : row * n + k] * b[w.transB ? column * n + k : k * n + column])
      })
    }
    case 'matvec': {
      const n = w.size
      const make = w.dtype === 'float32' ? uniform : uniform64
      const a = make(n * n, seeds.a, -1, 1)
      const x = make(n, seeds.x, -1, 1)
      return at(n, (i) => total(n, (k) => a[w.transA ? k * n + i : i * n + k] * x[k]))
    }
    case 'chain': {
      const x = uniform(w.size, seeds.x, -2, 2)
      const [c0, c1, c2] = chainConstants
      return at(w.size, (i) => Math.tanh(x[i] * c0 + c1) * Math.exp(-x[i] * x[i]) + x[i] * c2)
    }
    case 'softmax': {
      const { rows, columns } = w
      const x = uniform(rows * columns, seeds.x, -4, 4)
      return at(rows * columns, (i) => {
        const start = i - (i % columns)
        return Math.exp(x[i]) / total(columns, (k) => Math.exp(x[start + k]))
      })
    }
    case 'layerNorm': {
      const { rows, columns } = w
      const x = uniform(rows * columns, seeds.x, -4, 4)
      const scale = uniform(columns, seeds.scale, 0.5, 1.5)
      const bias = uniform(columns, seeds.bias, -1, 1)
      return at(rows * columns, (i) => {
        const column = i % columns
        const start = i - column
        const mean = total(columns, (k) => x[start + k]) / columns
        const variance = total(columns, (k) => (x[start + k] - mean) ** 2) / columns
        return ((x[i] - mean) / Math.sqrt(variance + layerNormEps)) * scale[column] + bias[column]
      })
    }
    case 'sum': {
      const x = uniform(w.size, seeds.x, 0, 1)
      return { length: 1, samples: [total(w.size, (i) => x[i])] }
    }
    case 'dependent': {
      const { product, scale, shift } = dependentConstants
      let x = 1
      for (let i = 0; i < (w.form === 'products' ? w.count : w.count / 2); i++)
        x = w.form === 'products' ? x * product : x * scale + shift
      return { length: 1, samples: [x] }
    }
    case 'eager': {
      const a = uniform(w.size, seeds.a, -1, 1)
      const b = uniform(w.size, seeds.b, -1, 1)
      return at(w.size, (i) => a[i] + b[i])
    }
    case 'linalg': {
      if (w.backward) return null
      const given = w.task === 'solve' ? rightSides(w) : matrices(w)
      return at(given.length, (i) => given[i])
    }
    case 'train': {
      const losses = expectedLosses[w.id]
      return losses ? { length: losses.length, samples: losses } : null
    }
  }
}

/** How many runs the check of training looks at. */
export const CHECKED_STEPS = 5

/** How far a result is from the expected one, relative to the largest expected sample; null where nothing is expected.
 * */
export function error(w: Workload, found: Digest): number | null {
  const right = expectedSamples(w)
  if (!right) return null
  if (right.length !== found.length) return Infinity
  const size = Math.max(...right.samples.map(Math.abs), Number.MIN_VALUE)
  const worst = Math.max(...right.samples.map((x, i) => Math.abs(x - found.samples[i]))) / size
  return Number.isNaN(worst) ? Infinity : worst
}

const at = (length: number, element: (i: number) => number): { length: number; samples: number[] } => ({
  length,
  samples: sampleIndices(length).map(element),
})

function total(count: number, term: (k: number) => number): number {
  let sum = 0
  for (let k = 0; k < count; k++) sum += term(k)
  return sum
}
