import { sizeOf, type Plan, type Step } from '@gradloom/core'

/** An output in the arena of its plan. */
interface DirectOutput {
  readonly output: number
  readonly buffer: number
  readonly byteOffset: number
}

/** Outputs that a run can compute where they are kept: each buffer of the arena once. Values that lie in its place
 * before or after stay in the arena. */
export const directOutputs = ({ buffers, outputs }: Plan): DirectOutput[] =>
  outputs.flatMap(({ buffer }, output) => {
    const place = buffers[buffer]
    const isFirst = outputs.findIndex((o) => o.buffer === buffer) === output
    return place.kind === 'arena' && isFirst ? [{ output, buffer, byteOffset: place.byteOffset }] : []
  })

/** Whether all that a plan does is to fill its outputs, each by itself, with zeros. */
export function fillsZeros({ buffers, steps, outputs }: Plan): boolean {
  const isOutput = (b: number): boolean => outputs.some((o) => o.buffer === b)
  return (
    steps.length === outputs.length &&
    new Set(outputs.map((o) => o.buffer)).size === outputs.length &&
    steps.every((step) => {
      const filled = zeroed(step)
      return filled !== null && isOutput(filled.buffer) && buffers[filled.buffer].size === filled.size
    })
  )
}

/** The buffer that a step sets to 0, and how many elements of it; null where it does anything else. */
function zeroed(step: Step): { readonly buffer: number; readonly size: number } | null {
  if (step.type !== 'loop' || step.inner.length || step.phases.length !== 1) return null
  const [{ code, write, reduce }] = step.phases
  const [instruction] = code
  if (code.length !== 1 || write.length !== 1 || reduce.length || instruction.op !== 'const') return null
  const { buffer, offset, strides } = write[0].access
  const isRow =
    offset === 0 && strides.length === step.outer.length && strides.every((s, d) => s === after(step.outer, d))
  return isRow && Object.is(instruction.value, 0) ? { buffer, size: sizeOf(step.outer) } : null
}

/** Elements of the dimensions after one. */
const after = (sizes: readonly number[], dimension: number): number => sizeOf(sizes.slice(dimension + 1))
