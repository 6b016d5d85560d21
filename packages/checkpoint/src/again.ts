import type { Plan } from '@gradloom/core'
import { bringsBack } from './policies/offload.ts'

/** Whether a step computes something again: what comes back from the host is not computed. */
export const isAgain = (step: Plan['steps'][number]): boolean =>
  step.pass === 'recompute' && !(step.type === 'kernel' && bringsBack(step.name))
