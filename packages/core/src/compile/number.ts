import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import type { Plan, PlanBuffer, PlanInput } from '../plan/plan.ts'
import { renumbered } from '../plan/visit.ts'
import { arenaBytesOf, type Piece, type Pieces } from './cut.ts'
import type { Compiled, ProgramPart, Source } from './program.ts'

/** Pieces as parts of a program, each a plan with numbers of its own. */
export function number(cut: Pieces, sourceOf: (leaf: Tensor) => Tensor): Compiled {
  const parts = cut.pieces.map((piece) => part(piece, cut, sourceOf))
  return { parts, results: cut.results, updates: cut.updates, arenaBytes: arenaBytesOf(cut) }
}

function part(piece: Piece, { schedule, crossing }: Pieces, sourceOf: (leaf: Tensor) => Tensor): ProgramPart {
  const { target, groups, gives, byteOffsets, arenaBytes } = piece
  const { buffers, inPlace, written } = schedule
  const numbers = new Map<number, number>()
  const planBuffers: PlanBuffer[] = []
  const inputs: PlanInput[] = []
  const sources: Source[] = []
  const addInput = (b: number): number => {
    const { dtype, size, leaf } = buffers[b]
    const buffer = planBuffers.length
    const form = leaf?.node.op.form
    const { name = '' } = (leaf?.node.attrs ?? {}) as { readonly name?: string }
    const kind = form?.kind === 'leaf' ? form.source : 'value'
    inputs.push({ kind, name, shape: leaf?.shape ?? [size], dtype, buffer, written: written.has(b) })
    sources.push(leaf ? { leaf: sourceOf(leaf) } : { value: crossing.get(b)! })
    return planBuffers.push({ dtype, size, kind: 'input', input: inputs.length - 1 }) - 1
  }
  const use = (b: number): number => {
    const at = inPlace.get(b) ?? b
    return getOrInsert(numbers, at, () => {
      const { dtype, size } = buffers[at]
      const byteOffset = byteOffsets.get(at)
      if (byteOffset === undefined) return addInput(at)
      return planBuffers.push({ dtype, size, kind: 'arena', byteOffset }) - 1
    })
  }
  const steps = groups.flatMap((g) => g.steps).map((s) => renumbered(s, use, use))
  const outputs = gives.map(({ buffer, shape }) => ({
    shape: Object.freeze([...shape]),
    dtype: buffers[buffer].dtype,
    buffer: use(buffer),
  }))
  const plan: Plan = { buffers: planBuffers, steps, inputs, outputs, arenaBytes }
  return { target, plan, sources, gives: gives.map((g) => g.value) }
}
