import type { KernelCall, LoopKernel, Node, Step } from '@gradloom/core'
import { nestedOf } from '@gradloom/core/extend'

const product = (sizes: readonly number[]): number => sizes.reduce((all, n) => all * n, 1)

/** Scalar operations of a plan's steps; of what is unknown there is none, and it counts as null. */
export const totalFlops = (all: readonly (number | null)[]): number => all.reduce<number>((sum, n) => sum + (n ?? 0), 0)

/**
 * Scalar operations of a step: a multiplication and an addition are two, and so is each instruction of a loop one,
 * whatever it takes. Null for kernels of which nothing is known. Of two branches, the one that takes more.
 */
export function flopsOf(step: Step): number | null {
  switch (step.type) {
    case 'loop':
      return loopFlops(step)
    case 'contraction':
      return 2 * product(step.batch) * step.m * step.n * step.k
    case 'kernel':
      return kernelFlops(step)
    case 'scan':
    case 'cond': {
      const each = nestedOf(step).map(({ plan }) => plan.steps.map(flopsOf))
      if (each.flat().includes(null)) return null
      return (step.type === 'scan' ? step.length : 1) * Math.max(...each.map(totalFlops))
    }
  }
}

function kernelFlops(call: KernelCall): number | null {
  const count = MAIN[call.name] ?? OTHERS[call.name]
  return count ? count(call) : null
}

/** Scalar operations of a node of a graph in products, convolutions and attention; those of other ops are few beside
 * them, and count as none. Null where a size is not known. */
export function nodeFlops({ op, inputs, outputs }: Node): number | null {
  const isProduct = op.form.kind === 'contract'
  const kernel = MAIN[op.name]
  if (!isProduct && !kernel) return 0
  if ([...inputs, ...outputs].some((t) => t.shape.includes(-1))) return null
  return isProduct ? 2 * product(outputs[0].shape) * inputs[0].shape.at(-1)! : kernel!({ inputs, outputs })
}

function loopFlops({ outer, inner, phases }: LoopKernel): number {
  return phases.reduce((sum, { over, code, reduce }) => {
    const times = product(outer) * (over === 'inner' ? product(inner) : 1)
    return sum + times * (code.filter((c) => 'args' in c).length + reduce.length)
  }, 0)
}

/** Shapes of what a kernel reads and writes. */
interface Shapes {
  readonly inputs: readonly { readonly shape: readonly number[] }[]
  readonly outputs: readonly { readonly shape: readonly number[] }[]
}

const sizeOfInput = ({ inputs }: Shapes, i: number): number => product(inputs[i].shape)
const sizeOfOutput = ({ outputs }: Shapes): number => product(outputs[0].shape)

/** A weight [O, C / groups, ...kernel] meets every position of an output once. */
const convolution = (weight: readonly number[], output: readonly number[]): number =>
  (2 * product(weight) * product(output)) / (weight[0] || 1)

/** Products of [rows, columns] scores with as many features as q and v have, for each head. */
function attention({ inputs: [q, k, v] }: Shapes, ofQ: number, ofV: number): number {
  const [rows, features] = q.shape.slice(-2)
  const heads = product(q.shape.slice(0, -2))
  const columns = k.shape.at(-2)!
  return 2 * heads * rows * columns * (ofQ * features + ofV * v.shape.at(-1)!)
}

type Count = (call: Shapes) => number

/** Of the kernels of nn that are products. */
const MAIN: { readonly [name: string]: Count | undefined } = {
  __proto__: null as never,
  convolution: ({ inputs, outputs }) => convolution(inputs[1].shape, outputs[0].shape),
  sameConvolution: ({ inputs, outputs }) => convolution(inputs[1].shape, outputs[0].shape),
  convolutionWeightGradient: ({ inputs, outputs }) => convolution(outputs[0].shape, inputs[1].shape),
  // Scores and their product with v; on the way back scores again, and four gradients.
  attention: (call) => attention(call, 1, 1),
  attentionGradient: (call) => attention(call, 3, 2),
}

const none = (): number => 0

/** Of other kernels; those that move elements do no arithmetic. */
const OTHERS: { readonly [name: string]: Count | undefined } = {
  __proto__: null as never,
  scatterAdd: (call) => sizeOfInput(call, 2),
  scatterAddAlongAxis: (call) => sizeOfInput(call, 2),
  cumsum: sizeOfOutput,
  cumprod: sizeOfOutput,
  take: none,
  takeAlongAxis: none,
  checkIndices: none,
}
