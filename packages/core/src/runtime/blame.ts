import type { Specialised } from '../compile/specialise.ts'
import type { Program } from '../compile/program.ts'
import type { Node } from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { DType, TypedArray } from '../dtype.ts'
import type { Shape } from '../shape.ts'
import type { Blame } from '../errors.ts'
import type { HostArray } from '../host.ts'

/** What this file and `finite.ts` need of core. They are loaded when a runtime is to watch for NaN, and import nothing,
 * so that bundlers leave core in one piece. */
export interface Tools {
  readonly specialise: (program: Program) => Specialised
  readonly topological: (roots: readonly Tensor[]) => readonly Node[]
  readonly hostArray: (data: TypedArray, shape: Shape, dtype: DType) => HostArray
  readonly NaNError: new (message: string, blame?: Blame) => Error
}

/** A node that made a NaN or an infinity of numbers, or a leaf that was given a NaN. */
export interface Culprit {
  readonly node: Node
  /** The result that is no number. */
  readonly result: Tensor
}

/** Asks for values of the run that is looked into. */
export type Ask<T> = Generator<readonly Tensor[], T, readonly HostArray[]>

/**
 * The first node of a program that made a NaN without one among its inputs, or an infinity of numbers alone, which
 * reached one of `roots`; undefined where all of it was given as infinity. What is in a loop or branch is looked for
 * there.
 */
export function* blame(tools: Tools, program: Program, roots: readonly Tensor[]): Ask<Culprit | undefined> {
  let concrete = tools.specialise({ ...program, outputs: roots, updates: [] }).graph.outputs
  for (;;) {
    const found = yield* firstOf(tools.topological(concrete), concrete)
    if (!found) return undefined
    const { inputs, attrs, op } = found.node
    if (op.form.kind !== 'kernel' || !op.form.graphs || !op.decompose) return found
    const inner: Program = {
      outputs: [op.decompose(inputs, attrs)].flat(),
      updates: [],
      shapes: program.shapes,
      isKnown: () => false,
    }
    concrete = tools.specialise(inner).graph.outputs
  }
}

/** The extremes of each value tell: NaN and infinity are beyond all numbers. */
function* firstOf(order: readonly Node[], roots: readonly Tensor[]): Ask<Culprit | undefined> {
  const isNumbers = ({ dtype, shape }: Tensor): boolean => dtype.startsWith('float') && !shape.includes(0)
  const values = order.flatMap(({ outputs }) => outputs).filter(isNumbers)
  const extremes = yield values.flatMap((t) => [t.max(), t.min()])
  const ends = new Map(values.map((t, i) => [t, [extremes[2 * i].item(), extremes[2 * i + 1].item()]]))
  const isNaNIn = (t: Tensor): boolean => ends.get(t)?.some(Number.isNaN) ?? false
  const isInfinityIn = (t: Tensor): boolean => !isNaNIn(t) && (ends.get(t)?.some((x) => !Number.isFinite(x)) ?? false)
  const culprits = new Map<Node, Culprit>()
  for (const node of order) {
    const { inputs, outputs, op } = node
    const result = outputs.find(isNaNIn) ?? outputs.find(isInfinityIn)
    if (!result) continue
    const suspects = [...inputs.filter(isNaNIn), ...inputs.filter(isInfinityIn)]
    const inherited = suspects.map((t) => culprits.get(t.node)).find(Boolean)
    const isGiven = ['leaf', 'literal'].includes(op.form.kind)
    const isMade = isNaNIn(result) ? !inputs.some(isNaNIn) : !isGiven && !suspects.length
    const culprit = inherited ?? (isMade ? { node, result } : undefined)
    if (culprit) culprits.set(node, culprit)
  }
  const reached = new Set(roots.map((t) => culprits.get(t.node)))
  return order.map((node) => culprits.get(node)).find((c) => c && reached.has(c))
}
