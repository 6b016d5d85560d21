import type { DType } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import type { Place } from '../run/place.ts'
import type { ArrayAccess } from '../wgsl/shader.ts'
import type { KernelContext } from './context.ts'
import { forEachIndex } from './simple.ts'

/** Statements that give the sum of the parts of result `element` as `value`, in their order; parts are arrays of
 * `results` one after another. */
export const sumOfParts = (
  from: ArrayAccess,
  results: number,
  parts: number,
): string => `var value = ${from.get('element')};
for (var part = 1; part < ${parts}; part++) { value += ${from.get(`element + part * ${results}`)}; }`

/** Adds up what invocations made of parts of long sums. */
export function addParts(
  context: KernelContext,
  label: string,
  partial: Place,
  to: Place,
  dtype: DType,
  results: number,
  parts: number,
): Dispatch[] {
  const shader = context.shader()
  const from = shader.array(partial, dtype)
  const body = `${sumOfParts(from, results, parts)}\n${shader.array(to, dtype).set('element', 'value')}`
  return forEachIndex(context, shader, label, [results], ['element'], body)
}
