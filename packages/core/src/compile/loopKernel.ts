import { KernelError } from '../errors.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { LoopKernel, Phase, ReduceKind } from '../plan/plan.ts'
import { range } from '../shape.ts'
import { collapse } from './collapse.ts'
import { createEmitter, type Found } from './emit.ts'
import { over, type IndexMap } from './indexMap.ts'
import { kept, type LoopGroup } from './loopGroup.ts'
import type { Stored } from './storage.ts'

/** Weight from which a value that two passes need is stored by the first and read by the second. */
const WORTH_STORING = 8

/** In which pass over the inner indices the members of a group are computed and written. */
interface Passes {
  /** How many reduce. */
  readonly count: number
  /** The pass after which a member can be computed; a reduction is done in the pass after its inputs are. */
  readonly ready: ReadonlyMap<Tensor, number>
  /** Full values that are written, and in which pass. */
  readonly writtenIn: ReadonlyMap<Tensor, number>
  /** The value whose buffer a written value goes to. */
  readonly holder: ReadonlyMap<Tensor, Tensor>
}

const isReduction = (t: Tensor): boolean => t.node.op.form.kind === 'reduce'

function passesOf({ members, outer }: LoopGroup, written: readonly Tensor[], isSlow: (t: Tensor) => boolean): Passes {
  const ready = new Map<Tensor, number>()
  let count = 0
  for (const [t, reads] of members) {
    let pass = 0
    for (const { value } of reads) pass = Math.max(pass, ready.get(value) ?? 0)
    if (isReduction(t)) count = Math.max(count, ++pass)
    ready.set(t, pass)
  }
  const writtenIn = new Map<Tensor, number>()
  for (const t of written) if (!outer.has(t)) writtenIn.set(t, ready.get(t)! + 1)
  const holder = new Map<Tensor, Tensor>()
  for (const t of writtenIn.keys()) holder.set(t, t)

  const isReadLater = (t: Tensor, byReduction: boolean): boolean =>
    [...members].some(([user, reads]) => {
      const isUser = byReduction ? isReduction(user) : user.node.op.form.kind === 'map'
      return isUser && ready.get(user)! > ready.get(t)! && reads.some((p) => p.value === t)
    })
  // A slow value that is reduced, and needed again for a result of the last pass, waits where that result goes: members
  // read one another in turn, so each element is read before it is written over.
  const last = count ? [...writtenIn.keys()].filter((t) => writtenIn.get(t)! > count) : []
  for (const result of last) {
    const canWait = (t: Tensor): boolean =>
      !holder.has(t) &&
      !outer.has(t) &&
      isSlow(t) &&
      t.dtype === result.dtype &&
      isReadLater(t, true) &&
      isReadLater(t, false)
    const early = [...members.keys()].find(canWait)
    if (!early) continue
    holder.set(early, result)
    writtenIn.set(early, ready.get(early)! + 1)
  }
  return { count, ready, writtenIn, holder }
}

/** The kernel of a group, writing `written` members to their buffers. */
export function loopKernel(
  g: LoopGroup,
  written: readonly Tensor[],
  stored: Stored,
  bufferOf: (t: Tensor) => number,
): LoopKernel {
  const { members } = g
  const outer = kept(g)
  const inner = range(g.dims.length).filter((d) => g.reduced?.[d])
  const order = [...outer, ...inner]
  const rank = order.length
  const emitter = createEmitter(order, stored)
  const isSlow = (t: Tensor): boolean => stored.costOf(t).weight >= WORTH_STORING
  const { count, ready, writtenIn, holder } = passesOf(g, written, isSlow)
  const mapOf = (t: Tensor): IndexMap => (g.outer.has(t) ? over(t.shape, outer, rank) : stored.own(t.shape))
  const reductions = [...members.keys()].filter(isReduction)
  const reductionNumbers = new Map<Tensor, number>()
  const phases: Phase[] = []

  function addPhase(space: Phase['over'], pass: number, reduced: readonly Tensor[], results: readonly Tensor[]): void {
    const find = (t: Tensor): Found => {
      if (!stored.isInlined(t) && !members.has(t)) return { buffer: bufferOf(t) }
      const number = reductionNumbers.get(t)
      if (number !== undefined) return { reduced: number }
      const isThere = (writtenIn.get(t) ?? pass) < pass
      return isThere && isSlow(t) ? { buffer: bufferOf(holder.get(t)!) } : null
    }
    const code = emitter.phase(find)
    const reduce = reduced.map((t) => {
      const [input] = t.node.inputs
      return { kind: reduceKind(t), value: code.value(input, stored.own(input.shape)) }
    })
    const write = results.map((t) => {
      const map = mapOf(t)
      const access = emitter.access(t, map, bufferOf(holder.get(t) ?? t))
      return { access, value: t.node.op.form.kind === 'map' ? code.compute(t, map) : code.value(t, map) }
    })
    for (const t of reduced) reductionNumbers.set(t, reductionNumbers.size)
    phases.push({ over: space, code: code.code, reduce, write })
  }

  const writtenInPass = (pass: number): Tensor[] => [...writtenIn.keys()].filter((t) => writtenIn.get(t) === pass)
  if (!g.reduced) addPhase('outer', 1, [], [...writtenIn.keys()])
  else {
    for (let pass = 1; pass <= count; pass++) {
      const reduced = reductions.filter((t) => ready.get(t) === pass)
      addPhase('inner', pass, reduced, writtenInPass(pass))
    }
    const rest = writtenInPass(count + 1)
    const ends = written.filter((t) => g.outer.has(t))
    if (rest.length) addPhase('inner', count + 1, [], rest)
    if (ends.length) addPhase('outer', count + 2, [], ends)
  }
  const kernel: LoopKernel = {
    outer: outer.map((d) => g.dims[d]),
    inner: inner.map((d) => g.dims[d]),
    reads: emitter.reads,
    phases,
  }
  if (!g.sums) return collapse(kernel)
  // Sums have the order of their dimensions alone, so that their bits are the same in every kernel.
  const isNext = (d: number): boolean => g.sums === 'merged' && order[d] === order[d - 1] + 1
  return collapse({ ...kernel, lanes: g.reduced!.at(-1) ? 'inner' : 'outer' }, isNext)
}

function reduceKind({ node: { op, attrs } }: Tensor): ReduceKind {
  if (op.form.kind !== 'reduce') throw new KernelError(`${op.name}: a reduction required within a row kernel`)
  return op.form.reduce(attrs).kind
}
