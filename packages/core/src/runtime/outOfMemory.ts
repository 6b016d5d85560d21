import { OutOfMemoryError } from '../errors.ts'
import { largestBuffers } from '../plan/largest.ts'
import type { Plan } from '../plan/plan.ts'

export const isOutOfMemory = (error: unknown): error is OutOfMemoryError =>
  (error as Partial<OutOfMemoryError> | null)?.code === 'OUT_OF_MEMORY'

/** The error of what a plan needs beside its arena, which is in the way: with what that takes. */
export const withPlans = (error: unknown, plans: readonly Plan[]): unknown =>
  isOutOfMemory(error)
    ? new OutOfMemoryError([error.message, ...plans.map(largestBuffers)].join('; '), { cause: error })
    : error
