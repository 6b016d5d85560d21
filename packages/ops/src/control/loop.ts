import {
  applyAll,
  broadcastTo,
  concat,
  defineOp,
  expandDims,
  full,
  literalOf,
  type Meta,
  type Node,
  type Op,
  reshape,
  slice,
  stack,
  type Tensor,
} from '@gradloom/core'
import { topological, called, riskOf, type Body } from '@gradloom/core/extend'
import { joinedLoops } from './joined.ts'
import { loopGradient } from './loopGradient.ts'
import { loopSteps } from './loopSteps.ts'

/**
 * A scan whose shapes are known. Inputs: carries before the first iteration, xs, values for all iterations. The
 * iteration at position p reads element p + start of each x. Results: the carries after the last one; all carries, by
 * slot: position p reads slot p and writes slot p + 1 (under `reverse` the other way round); and the `saved` values of
 * the body, by position. Steps compute of these what is used, so gradients may use any value of the body.
 */
export interface LoopAttrs extends Body {
  /** Values of the body that are results by position: those asked for, and what it computes on the way. */
  readonly saved: readonly Tensor[]
  readonly carries: number
  readonly starts: readonly number[]
  readonly length: number
  readonly reverse: boolean
  /** How many of the saved values, the first of them, were asked for. */
  readonly asked: number
  /** Whether it computes again what segments of the loop that it reads say. */
  readonly isJoined: boolean
}

export const loopOp: Op<LoopAttrs> = defineOp<LoopAttrs>({
  name: 'scan',
  risk: (_, { results, saved }) => riskOf({ results: [...results, ...saved] }),
  infer: (inputs, { saved, carries, length }) => {
    const stacked =
      (n: number) =>
      ({ shape, dtype }: Meta): Meta => ({ shape: [n, ...shape], dtype })
    const metas = inputs.slice(0, carries)
    return [
      ...metas.map(({ shape, dtype }) => ({ shape, dtype })),
      ...metas.map(stacked(length + 1)),
      ...saved.map(stacked(length)),
    ]
  },
  decompose: (inputs, attrs) => {
    const { parameters, results, saved, carries, starts, length, reverse } = attrs
    if (length > MAX_UNROLLED) return inHalves(inputs, attrs)
    const slots = inputs.slice(0, carries).map((t) => [t])
    const values = saved.map(() => [] as Tensor[])
    const last = carries + starts.length
    for (let i = 0; i < length; i++) {
      const p = reverse ? length - 1 - i : i
      const now = inputs.map((t, k) => (k < carries ? slots[k][i] : k < last ? slice(t, [p + starts[k - carries]]) : t))
      const computed = called({ parameters, results: [...results, ...saved] }, now)
      slots.forEach((list, k) => list.push(computed[k]))
      values.forEach((list, k) => list.push(computed[carries + k]))
    }
    const joined = (list: readonly Tensor[], like: Tensor): Tensor =>
      list.length ? stack(reverse ? list.toReversed() : list) : full([0, ...like.shape], 0, like)
    return [
      ...slots.map((list) => list[length]),
      ...slots.map((list, k) => joined(list, parameters[k])),
      ...values.map((list, k) => joined(list, saved[k])),
    ]
  },
  vjp: (context) => loopGradient(context),
  form: {
    kind: 'kernel',
    graphs: ({ results, saved }) => [...results, ...saved],
    steps: (node, context) => loopSteps(node, context),
    joined: (inputs, attrs) => joinedLoops(inputs, attrs),
  },
})

/** Iterations that stand one after another in a graph; more are two loops. */
const MAX_UNROLLED = 16

/** Two loops of half the length, the second of which begins with what the first ends with. */
function inHalves(inputs: readonly Tensor[], attrs: LoopAttrs): readonly Tensor[] {
  const { carries, starts, length, reverse } = attrs
  const half = Math.floor(length / 2)
  const part = (begin: readonly Tensor[], from: number, count: number): readonly Tensor[] =>
    applyAll(loopOp, [...begin, ...inputs.slice(carries)], {
      ...attrs,
      starts: starts.map((s) => s + from),
      length: count,
    })
  const first = part(inputs.slice(0, carries), reverse ? length - half : 0, half)
  const second = part(first.slice(0, carries), reverse ? 0 : half, length - half)
  const joined = (k: number): Tensor => {
    const [low, high] = reverse ? [second[k], first[k]] : [first[k], second[k]]
    const isSlots = k < 2 * carries
    // The last slot of one is the first of the other.
    return concat(isSlots ? [low, slice(high, [[1, high.shape[0]]])] : [low, high])
  }
  return [...second.slice(0, carries), ...first.slice(carries).map((_, i) => joined(carries + i))]
}

/** A loop that was applied: its results, and how values of its body lie in them. */
export interface Loop {
  readonly carries: readonly Tensor[]
  /** A value of the body at all positions. */
  stacked(t: Tensor): Tensor
  /** A matrix of the body at all positions, one below the other. */
  rows(t: Tensor): Tensor
}

export interface LoopDefinition extends Omit<LoopAttrs, 'saved' | 'asked' | 'isJoined'> {
  /** Values of the body to stack. */
  readonly ys: readonly Tensor[]
}

/** Whether a node gives elements that are there already. */
export const isMoved = ({ op }: Node): boolean => op.form.kind === 'view' || op.marksInput === true
/** A value that leaves the body is there in any case, whatever is said of it. */
const unmarked = (t: Tensor): Tensor => (t.node.op.marksInput ? unmarked(t.node.inputs[0]) : t)

/** Applies a loop. Parameters and their inputs that nothing uses are left out. */
export function createLoop({ ys: marked, ...body }: LoopDefinition, given: readonly Tensor[]): Loop {
  const { carries, length, reverse } = body
  const results = body.results.map(unmarked)
  const ys = marked.map(unmarked)
  const order = topological([...results, ...ys])
  const used = new Set(order)
  const keep = body.parameters.flatMap((p, i) => (i < carries || used.has(p.node) ? [i] : []))
  const parameters = keep.map((i) => body.parameters[i])
  const inputs = keep.map((i) => given[i])
  const starts = keep.flatMap((i) =>
    i >= carries && i < carries + body.starts.length ? [body.starts[i - carries]] : [],
  )
  const computed = order.flatMap((node) => (node.inputs.length && !isMoved(node) ? node.outputs : []))
  const isThere = (t: Tensor): boolean => parameters.includes(t) || results.includes(t) || literalOf(t) !== undefined
  const asked = new Set(ys.filter((t) => !isThere(t)))
  const saved = [...new Set([...asked, ...computed])].filter((t) => !isThere(t))
  const attrs = { parameters, results, saved, carries, starts, length, reverse, asked: asked.size, isJoined: false }
  const outputs = applyAll(loopOp, inputs, attrs)

  /** A value that has those of t from `start` on. */
  const whole = (value: Tensor): { from: Tensor; start: number } => {
    const t = unmarked(value)
    const at = parameters.indexOf(t)
    const next = results.indexOf(t)
    const first = Number(reverse)
    if (at >= carries + starts.length)
      return { from: broadcastTo(expandDims(inputs[at], 0), [length, ...t.shape]), start: 0 }
    if (at >= carries) return { from: inputs[at], start: starts[at - carries] }
    if (at >= 0) return { from: outputs[carries + at], start: first }
    if (next >= 0) return { from: outputs[carries + next], start: 1 - first }
    const literal = literalOf(t)
    return {
      from: literal === undefined ? outputs[2 * carries + saved.indexOf(t)] : full([length, ...t.shape], literal, t),
      start: 0,
    }
  }
  return {
    carries: outputs.slice(0, carries),
    stacked(t) {
      const { from, start } = whole(t)
      return slice(from, [[start, start + length]])
    },
    rows(t) {
      const { from, start } = whole(t)
      const [m, n] = t.shape
      return slice(reshape(from, [from.shape[0] * m, n]), [[start * m, (start + length) * m]])
    },
  }
}
