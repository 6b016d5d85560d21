import { KernelError } from '../errors.ts'
import { sameShape } from '../shape.ts'
import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import type { Access, Instruction } from '../plan/plan.ts'
import { broadcastMap, linear, sameMap, type IndexMap } from './indexMap.ts'
import type { Stored } from './storage.ts'

/** Where a kernel finds a value that it does not compute in place. */
export type Found = { readonly reduced: number } | { readonly buffer: number } | null

/** The code of one phase. */
export interface PhaseCode {
  readonly code: readonly Instruction[]
  /** Adds a value at a map, wherever it is found. */
  value(t: Tensor, map: IndexMap): number
  /** Adds the computation of a value at a map. */
  compute(t: Tensor, map: IndexMap): number
}

/** Turns values into instructions of one kernel. */
export interface Emitter {
  readonly reads: readonly Access[]
  access(t: Tensor, map: IndexMap, buffer: number): Access
  /** Starts a phase. `find` says where a value is; null means compute it. */
  phase(find: (t: Tensor) => Found): PhaseCode
}

/** Kernels have some twenty instructions: looking through them takes less than a table would. */
function isSame(a: Instruction, b: Instruction): boolean {
  if (a.op !== b.op || a.dtype !== b.dtype) return false
  if ('args' in a) return sameShape(a.args, (b as typeof a).args)
  if (a.op === 'read') return a.read === (b as typeof a).read
  if (a.op === 'index') return a.offset === (b as typeof a).offset && sameShape(a.strides, (b as typeof a).strides)
  return Object.is(a.value, (b as typeof a).value)
}

/** `order` lists the space's dimensions, outer ones first. */
export function createEmitter(
  order: readonly number[],
  { resolve, formulaOf, numberOf }: Pick<Stored, 'resolve' | 'formulaOf' | 'numberOf'>,
): Emitter {
  const rank = order.length
  const reads: Access[] = []
  const stepsOf = (t: Tensor, map: IndexMap): Pick<Access, 'offset' | 'strides'> => {
    const { offset, strides } = linear(map, t.shape, rank)
    return { offset, strides: order.map((d) => strides[d] + 0) }
  }
  const access = (t: Tensor, map: IndexMap, buffer: number): Access => ({ buffer, dtype: t.dtype, ...stepsOf(t, map) })
  const readOf = (t: Tensor, map: IndexMap, buffer: number): number => {
    const a = access(t, map, buffer)
    const known = reads.findIndex(
      (r) => r.buffer === buffer && r.offset === a.offset && sameShape(r.strides, a.strides),
    )
    return known < 0 ? reads.push(a) - 1 : known
  }

  function phase(find: (t: Tensor) => Found): PhaseCode {
    const code: Instruction[] = []
    /** What is computed already: by value, at which maps. */
    const computed = new Map<number, { readonly map: IndexMap; readonly at: number }[]>()
    const push = (instruction: Instruction): number => {
      for (let i = 0; i < code.length; i++) if (isSame(code[i], instruction)) return i
      return code.push(instruction) - 1
    }

    const value = (x: Tensor, at: IndexMap): number => {
      const { base, map } = resolve(x, at, rank)
      const { dtype } = base
      const found = find(base)
      if (!found) return compute(base, map)
      if ('reduced' in found) return push({ op: 'reduced', dtype, value: found.reduced })
      return push({ op: 'read', dtype, read: readOf(base, map, found.buffer) })
    }
    const compute = (t: Tensor, map: IndexMap): number => {
      const known = getOrInsert(computed, numberOf(t), () => [])
      for (const k of known) if (sameMap(k.map, map)) return k.at
      const at = formula(t, map)
      known.push({ map, at })
      return at
    }
    const formula = (t: Tensor, map: IndexMap): number => {
      const { op, inputs, attrs } = t.node
      const { form } = op
      const { dtype } = t
      if (form.kind === 'literal') return push({ op: 'const', dtype, value: form.value(attrs) })
      if (form.kind === 'index') return push({ op: 'index', dtype: 'int32', ...stepsOf(t, map) })
      const args = inputs.map((x) => value(x, broadcastMap(map, x.shape)))
      const whole = formulaOf(t)
      if (!whole) throw new KernelError(`${op.name}: a formula required to compute it within a kernel`)
      const done: number[] = []
      for (const { scalar: s, args: from } of whole.parts) {
        if (s.op === 'input') done.push(args[s.value])
        else if (s.op === 'const') done.push(push({ op: 'const', dtype: s.dtype, value: s.value }))
        else done.push(push({ op: s.op, dtype: s.dtype, args: from.map((k) => done[k]) }))
      }
      return done[done.length - 1]
    }
    return { code, value, compute }
  }
  return { reads, access, phase }
}
