import { KernelError } from '../errors.ts'
import { inOrder, type Scalar } from '../scalar.ts'
import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import type { Access, Instruction } from '../plan/plan.ts'
import { broadcastMap, createMapKeys, linear, type IndexMap } from './indexMap.ts'
import type { Views } from './views.ts'

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

/** `order` lists the space's dimensions, outer ones first. */
export function createEmitter(order: readonly number[], { resolve }: Pick<Views, 'resolve'>): Emitter {
  const rank = order.length
  const keyOf = createMapKeys()
  const reads: Access[] = []
  const readNumbers = new Map<string, number>()
  const stepsOf = (t: Tensor, map: IndexMap): Pick<Access, 'offset' | 'strides'> => {
    const { offset, strides } = linear(map, t.shape, rank)
    return { offset, strides: order.map((d) => strides[d] + 0) }
  }
  const access = (t: Tensor, map: IndexMap, buffer: number): Access => ({ buffer, dtype: t.dtype, ...stepsOf(t, map) })
  const readOf = (t: Tensor, map: IndexMap, buffer: number): number => {
    const a = access(t, map, buffer)
    return getOrInsert(readNumbers, `${buffer} ${a.offset} ${a.strides}`, () => reads.push(a) - 1)
  }

  function phase(find: (t: Tensor) => Found): PhaseCode {
    const code: Instruction[] = []
    const numbers = new Map<string, number>()
    const computed = new Map<string, number>()
    const push = (instruction: Instruction, operands: string): number => {
      const key = `${instruction.op} ${instruction.dtype} ${operands}`
      const known = numbers.get(key)
      if (known === undefined) numbers.set(key, code.push(instruction) - 1)
      return known ?? code.length - 1
    }

    const value = (x: Tensor, at: IndexMap): number => {
      const { base, map } = resolve(x, at, rank)
      const { dtype } = base
      const found = find(base)
      if (!found) return compute(base, map)
      if ('reduced' in found) return push({ op: 'reduced', dtype, value: found.reduced }, String(found.reduced))
      const read = readOf(base, map, found.buffer)
      return push({ op: 'read', dtype, read }, String(read))
    }
    const compute = (t: Tensor, map: IndexMap): number =>
      getOrInsert(computed, `${t.node.id}.${t.index} ${keyOf(map)}`, () => formula(t, map))
    const formula = (t: Tensor, map: IndexMap): number => {
      const { op, inputs, attrs } = t.node
      const { form } = op
      if (form.kind === 'literal') return constant(form.value(attrs), t.dtype)
      if (form.kind === 'index') {
        const steps = stepsOf(t, map)
        return push({ op: 'index', dtype: 'int32', ...steps }, `${steps.offset} ${steps.strides}`)
      }
      const args = inputs.map((x) => value(x, broadcastMap(map, x.shape)))
      if (form.kind !== 'map') throw new KernelError(`${op.name}: a formula required to compute it within a kernel`)
      const done = new Map<Scalar, number>()
      const instruction = (s: Scalar): number => {
        if (s.op === 'input') return args[s.value]
        if (s.op === 'const') return constant(s.value, s.dtype)
        const from = s.args.map((arg) => done.get(arg)!)
        return push({ op: s.op, dtype: s.dtype, args: from }, String(from))
      }
      const whole = form.formula(
        inputs.map((x) => x.dtype),
        attrs,
      )
      for (const s of inOrder(whole)) done.set(s, instruction(s))
      return done.get(whole)!
    }
    const constant = (number: number, dtype: Tensor['dtype']): number =>
      push({ op: 'const', dtype, value: number }, Object.is(number, -0) ? '-0' : String(number))
    return { code, value, compute }
  }
  return { reads, access, phase }
}
