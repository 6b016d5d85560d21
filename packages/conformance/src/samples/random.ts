import { createRng } from '@gradloom/ops'
import { sample, type Sample } from './sample.ts'

/** Random draws: the same on every backend, up to rounding. */
export const randomSamples: readonly Sample[] = [
  sample(
    'createRng',
    'uniform, normal and exponential',
    [],
    () => {
      const r = createRng(42)
      return [r.uniform([3, 5]), r.normal([7], { mean: 1, std: 2 }), r.exponential([4], { rate: 2 })]
    },
    { order: 0 },
  ),
  sample(
    'createRng',
    'bernoulli and permutation',
    [],
    () => {
      const r = createRng(-7)
      return [r.bernoulli([20], { p: 0.3 }), r.permutation(17)]
    },
    { order: 0 },
  ),
  sample(
    'createRng',
    'truncated normal, gamma',
    [],
    () => {
      const r = createRng(3)
      return [r.truncatedNormal([9]), r.gamma([6], 2.5), r.gamma([6], 0.4)]
    },
    { order: 0 },
  ),
  sample(
    'createRng',
    'initialisers',
    [],
    () => {
      const r = createRng(11)
      return [
        r.glorotUniform([4, 5]),
        r.glorotNormal([4, 5]),
        r.heUniform([2, 3, 3, 3]),
        r.heNormal([4, 2]),
        r.orthogonal([4, 3]),
      ]
    },
    { order: 0 },
  ),
]
