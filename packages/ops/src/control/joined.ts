import { applyAll, type Node, type Tensor } from '@gradloom/core'
import { type Joined, rewrite, topological, isFree, parameter } from '@gradloom/core/extend'
import { loopOp, type LoopAttrs } from './loop.ts'

/** A value that a loop reads: in each iteration, or its elements from `start` on in turn. */
interface Read {
  readonly from: Tensor
  readonly start: number | null
  readonly inner: Tensor
}

/** A backward loop as one with the forward loop whose values it reads, where segments lie in that. A segment around
 * the loop decides on the loop. */
export function joinedLoops(inputs: readonly Tensor[], attrs: LoopAttrs): Joined | null {
  const { parameters, results, saved, carries, starts, length, reverse, asked, isJoined } = attrs
  const last = carries + starts.length
  const source = inputs.slice(carries, last).find((t) => isForwardLoop(t.node))?.node as Node<LoopAttrs> | undefined
  if (isJoined || !source || source.attrs.length !== length) return null
  const { attrs: first, origin } = source
  const outside = origin.marks ?? []
  const isMarked = (node: Node): boolean => node.origin.marks?.some((mark) => !outside.includes(mark)) ?? false
  if (!topological([...first.results, ...first.saved]).some(isMarked)) return null

  const reads = parameters.slice(carries).map((inner, i): Read => {
    const from = inputs[carries + i]
    return { from, start: i < starts.length ? starts[i] : null, inner }
  })
  // What the program asked for is there in any case.
  const computed = new Map<Node, readonly Tensor[]>()
  for (const { from, start, inner } of reads) {
    const k = from.index - 2 * first.carries
    if (from.node === source && start === 0 && k >= first.asked) computed.set(inner.node, [first.saved[k]])
  }
  const own = rewrite([...results, ...saved], { replace: () => undefined, leaf: (node) => computed.get(node) })
  const border = [...first.results, ...first.saved.slice(0, first.asked)]
  return {
    roots: [...border, ...own],
    values: [...first.results, ...first.saved],
    outside,
    over(roots, values) {
      const read = (from: Tensor, start: number | null): Tensor => {
        const known = reads.find((r) => r.from === from && r.start === start)
        if (known) return known.inner
        const [, ...shape] = from.shape
        const inner = parameter({ shape: start === null ? from.shape : shape, dtype: from.dtype })
        reads.push({ from, start, inner })
        return inner
      }
      const stands = standsOf(source, values, read)
      const all = rewrite(roots.slice(border.length), { replace: () => undefined, leaf: stands })
      const used = new Set(topological(all))
      const needed = reads.filter(({ inner }) => used.has(inner.node))
      const rows = needed.filter((r) => r.start !== null)
      const constants = needed.filter((r) => r.start === null)
      return applyAll(loopOp, [...inputs.slice(0, carries), ...[...rows, ...constants].map((r) => r.from)], {
        parameters: [...parameters.slice(0, carries), ...[...rows, ...constants].map((r) => r.inner)],
        results: all.slice(0, carries),
        saved: all.slice(carries),
        carries,
        starts: rows.map((r) => r.start!),
        length,
        reverse,
        asked,
        isJoined: true,
      })
    },
  }
}

const isForwardLoop = ({ op, origin }: Node): boolean => (op as object) === loopOp && origin.pass === 'forward'

/** What stands in another loop for nodes of a loop's body: values that it reads at the same position. */
function standsOf(
  { inputs, outputs, attrs }: Node<LoopAttrs>,
  values: readonly Tensor[],
  read: (from: Tensor, start: number | null) => Tensor,
): (node: Node) => readonly Tensor[] | undefined {
  const { parameters, carries, starts, reverse } = attrs
  const before = Number(reverse)
  const places = new Map<Tensor, () => Tensor>()
  values.forEach((t, i) => {
    const [from, start] = i < carries ? [outputs[carries + i], 1 - before] : [outputs[carries + i], 0]
    if (!isFree(t)) places.set(t, () => read(from, start))
  })
  parameters.forEach((p, i) => {
    const start = i < carries ? before : (starts[i - carries] ?? null)
    places.set(p, () => read(i < carries ? outputs[carries + i] : inputs[i], start))
  })
  return ({ outputs: all }) => {
    const own = all.flatMap((t) => places.get(t) ?? [])
    return own.length === all.length ? own.map((place) => place()) : undefined
  }
}
