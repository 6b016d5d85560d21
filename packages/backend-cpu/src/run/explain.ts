import { KernelError, type Step } from '@gradloom/core'
import { messageOf } from '../errors.ts'

/** Errors that name their kind pass; anything else is the failure of the step's kernel. */
export function explain(error: unknown, { label, scope }: Step): unknown {
  if (error instanceof Error && 'code' in error) return error
  return new KernelError(`${label}${scope && ` in ${scope}`}: the kernel failed: ${messageOf(error)}`, { cause: error })
}
