import { range } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { over, own, type Affine } from './affine.ts'
import { collapse } from './collapse.ts'
import { kindOf, type Demand } from './demand.ts'
import { createEmitter } from './emit.ts'
import { kept, type Group } from './group.ts'
import type { Access, LoopKernel, Phase, ReduceKind } from './plan.ts'

/** Weight from which a value that two passes need is stored by the first and read by the second. */
const WORTH_STORING = 8

/** The kernel of a group, writing `written` members to their buffers. */
export function loopKernel(g: Group, written: readonly Tensor[], demand: Demand, bufferOf: (t: Tensor) => number): LoopKernel {
  const outer = kept(g), inner = range(g.dims.length).filter((d) => g.reduced?.[d]), order = [...outer, ...inner]
  const emitter = createEmitter(order), rank = order.length
  const mapOf = (t: Tensor): Affine => over(t.shape, g.outer.has(t) ? outer : range(rank), rank)
  const { members } = g, stores = new Set(written)
  // The pass after which a member can be computed; a reduction is done in the pass after its inputs are.
  const ready = new Map<Tensor, number>()
  for (const [t, reads] of members) {
    const before = Math.max(0, ...reads.flatMap((p) => (members.has(p.value) ? [ready.get(p.value)!] : [])))
    ready.set(t, kindOf(t) === 'reduction' ? before + 1 : before)
  }
  const reductions = [...members.keys()].filter((t) => kindOf(t) === 'reduction'), passes = Math.max(0, ...reductions.map((t) => ready.get(t)!))
  const storedIn = new Map<Tensor, number>()
  for (const t of written) if (!g.outer.has(t)) storedIn.set(t, ready.get(t)! + 1)
  const numbers = new Map<Tensor, number>(), phases: Phase[] = []

  const phase = (over: Phase['over'], pass: number, reduced: readonly Tensor[], results: readonly Tensor[]): void => {
    const code = emitter.phase((t) => {
      if (!demand.inlined(t) && !members.has(t)) return { buffer: bufferOf(t) }
      const number = numbers.get(t)
      if (number !== undefined) return { reduced: number }
      if (stores.has(t) && (storedIn.get(t) ?? pass) < pass && demand.weight(t) >= WORTH_STORING) return { buffer: bufferOf(t) }
      return null
    })
    const reduce = reduced.map((t) => {
      const input = t.node.inputs[0]
      return { kind: t.node.op.reduction!(t.node.attrs).kind as ReduceKind, value: code.value(input, own(input.shape)) }
    })
    const write = results.map((t): { access: Access; value: number } => ({
      access: emitter.access(t, mapOf(t), bufferOf(t)),
      value: kindOf(t) === 'inline' ? code.compute(t, mapOf(t)) : code.value(t, mapOf(t)),
    }))
    for (const t of reduced) numbers.set(t, numbers.size)
    phases.push({ over, code: code.code, reduce, write })
  }
  const full = written.filter((t) => !g.outer.has(t))
  if (!g.reduced) phase('outer', 1, [], full)
  else {
    for (let pass = 1; pass <= passes; pass++) {
      phase('inner', pass, reductions.filter((t) => ready.get(t) === pass), full.filter((t) => storedIn.get(t) === pass))
    }
    const rest = full.filter((t) => storedIn.get(t)! > passes), ends = written.filter((t) => g.outer.has(t))
    if (rest.length) phase('inner', passes + 1, [], rest)
    if (ends.length) phase('outer', passes + 2, [], ends)
  }
  return collapse({ outer: outer.map((d) => g.dims[d]), inner: inner.map((d) => g.dims[d]), reads: emitter.reads, phases })
}
