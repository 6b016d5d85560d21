import type { Plan, Policy } from '@gradloom/core'

/** Computes again whatever the backward pass reads. */
export const everything: Policy = Object.assign((): 'mustRecompute' => 'mustRecompute', { key: 'everything' })

/** Kernels of a plan that compute again. */
export const recomputedKernels = ({ steps }: Plan): number => steps.filter((s) => s.pass === 'recompute').length
