import type { KernelCall, LoopKernel, Node, Step } from '@gradloom/core'
import { demand, nestedOf } from '@gradloom/core/extend'

const product = (sizes: readonly number[]): number => sizes.reduce((all, n) => all * n, 1)

/** Scalar operations of a plan's steps; of what is unknown there is none, and it counts as null. */
export const totalFlops = (all: readonly (number | null)[]): number => all.reduce<number>((sum, n) => sum + (n ?? 0), 0)

/**
 * Scalar operations of a step: a multiplication and an addition are two, and so is each instruction of a loop one,
 * whatever it takes. Null for kernels of which nothing is known. Of two branches, the one that takes more.
 * @throws SettingError for what is no step of a plan
 */
export function flopsOf(step: Step): number | null {
  demand(typeof Object(step).type === 'string', 'flopsOf', 'a step of a plan', step)
  switch (step.type) {
    case 'loop':
      return loopFlops(step)
    case 'contraction':
      return 2 * product(step.batch) * step.m * step.n * step.k
    case 'kernel':
      return step.flops ?? MOVED[step.name]?.(step) ?? null
    case 'scan':
    case 'cond': {
      const each = nestedOf(step).map(({ plan }) => plan.steps.map(flopsOf))
      if (each.flat().includes(null)) return null
      return (step.type === 'scan' ? step.length : 1) * Math.max(...each.map(totalFlops))
    }
  }
}

/** Scalar operations of a node of a graph in products, convolutions and attention; those of other ops are few beside
 * them, and count as none. Null where a size is not known. */
export function nodeFlops({ op, inputs, outputs, attrs }: Node): number | null {
  const isProduct = op.form.kind === 'contract'
  if (!isProduct && !op.flops) return 0
  if ([...inputs, ...outputs].some((t) => t.shape.includes(-1))) return null
  return isProduct ? 2 * product(outputs[0].shape) * inputs[0].shape.at(-1)! : op.flops!(inputs, outputs, attrs)
}

function loopFlops({ outer, inner, phases }: LoopKernel): number {
  return phases.reduce((sum, { over, code, reduce }) => {
    const times = product(outer) * (over === 'inner' ? product(inner) : 1)
    return sum + times * (code.filter((c) => 'args' in c).length + reduce.length)
  }, 0)
}

type Count = (call: KernelCall) => number
const none: Count = () => 0
const sizeOfUpdates: Count = ({ inputs }) => product(inputs[2].shape)
const sizeOfOutput: Count = ({ outputs }) => product(outputs[0].shape)

/** Kernels of core and ops that do not say it themselves, since policies weigh them by the elements that they move:
 * they add one number for each element, or none. */
const MOVED: { readonly [name: string]: Count | undefined } = {
  __proto__: null as never,
  scatterAdd: sizeOfUpdates,
  scatterAddAlongAxis: sizeOfUpdates,
  cumsum: sizeOfOutput,
  cumprod: sizeOfOutput,
  take: none,
  takeAlongAxis: none,
  checkIndices: none,
}
