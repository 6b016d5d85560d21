import { range } from '../shape.ts'
import type { Tensor } from '../graph/tensor.ts'
import { over, own, type Affine } from './affine.ts'
import { collapse } from './collapse.ts'
import { kindOf, type Demand } from './demand.ts'
import { createEmitter } from './emit.ts'
import { kept, type Group } from './group.ts'
import type { Access, LoopKernel, Phase, ReduceKind } from '../plan/plan.ts'

/** Weight from which a value that two passes need is stored by the first and read by the second. */
const WORTH_STORING = 8

/** The kernel of a group, writing `written` members to their buffers. */
export function loopKernel(
  g: Group,
  written: readonly Tensor[],
  demand: Demand,
  bufferOf: (t: Tensor) => number,
): LoopKernel {
  const outer = kept(g)
  const inner = range(g.dims.length).filter((d) => g.reduced?.[d])
  const order = [...outer, ...inner]
  const emitter = createEmitter(order)
  const rank = order.length
  const mapOf = (t: Tensor): Affine => over(t.shape, g.outer.has(t) ? outer : range(rank), rank)
  const { members } = g
  // The pass after which a member can be computed; a reduction is done in the pass after its inputs are.
  const ready = new Map<Tensor, number>()
  for (const [t, reads] of members) {
    const before = Math.max(0, ...reads.flatMap((p) => (members.has(p.value) ? [ready.get(p.value)!] : [])))
    ready.set(t, kindOf(t) === 'reduction' ? before + 1 : before)
  }
  const reductions = [...members.keys()].filter((t) => kindOf(t) === 'reduction')
  const passes = Math.max(0, ...reductions.map((t) => ready.get(t)!))
  const storedIn = new Map<Tensor, number>()
  for (const t of written) if (!g.outer.has(t)) storedIn.set(t, ready.get(t)! + 1)
  const full = [...storedIn.keys()]
  const slow = (t: Tensor): boolean => demand.weight(t) >= WORTH_STORING
  // A slow value that is reduced, and needed again for a result of the last pass, waits where that result goes: members
  // read one another in turn, so each element is read before it is written over.
  const place = new Map<Tensor, Tensor>(full.map((t) => [t, t]))
  for (const result of full.filter((t) => storedIn.get(t)! > passes)) {
    const readBy = (t: Tensor, kind: string): boolean =>
      [...members].some(
        ([u, reads]) => kindOf(u) === kind && ready.get(u)! > ready.get(t)! && reads.some((p) => p.value === t),
      )
    const early = [...members.keys()].find(
      (t) =>
        !place.has(t) &&
        !g.outer.has(t) &&
        slow(t) &&
        t.dtype === result.dtype &&
        readBy(t, 'reduction') &&
        readBy(t, 'inline'),
    )
    if (!early) continue
    place.set(early, result)
    storedIn.set(early, ready.get(early)! + 1)
  }
  const numbers = new Map<Tensor, number>()
  const phases: Phase[] = []

  const phase = (over: Phase['over'], pass: number, reduced: readonly Tensor[], results: readonly Tensor[]): void => {
    const code = emitter.phase((t) => {
      if (!demand.inlined(t) && !members.has(t)) return { buffer: bufferOf(t) }
      const number = numbers.get(t)
      if (number !== undefined) return { reduced: number }
      if ((storedIn.get(t) ?? pass) < pass && slow(t)) return { buffer: bufferOf(place.get(t)!) }
      return null
    })
    const reduce = reduced.map((t) => {
      const input = t.node.inputs[0]
      return { kind: t.node.op.reduction!(t.node.attrs).kind as ReduceKind, value: code.value(input, own(input.shape)) }
    })
    const write = results.map((t): { access: Access; value: number } => ({
      access: emitter.access(t, mapOf(t), bufferOf(place.get(t) ?? t)),
      value: kindOf(t) === 'inline' ? code.compute(t, mapOf(t)) : code.value(t, mapOf(t)),
    }))
    for (const t of reduced) numbers.set(t, numbers.size)
    phases.push({ over, code: code.code, reduce, write })
  }
  const inPass = (pass: number): Tensor[] => [...storedIn.keys()].filter((t) => storedIn.get(t) === pass)
  if (!g.reduced) phase('outer', 1, [], full)
  else {
    for (let pass = 1; pass <= passes; pass++) {
      phase(
        'inner',
        pass,
        reductions.filter((t) => ready.get(t) === pass),
        inPass(pass),
      )
    }
    const rest = inPass(passes + 1)
    const ends = written.filter((t) => g.outer.has(t))
    if (rest.length) phase('inner', passes + 1, [], rest)
    if (ends.length) phase('outer', passes + 2, [], ends)
  }
  return collapse({
    outer: outer.map((d) => g.dims[d]),
    inner: inner.map((d) => g.dims[d]),
    reads: emitter.reads,
    phases,
  })
}
