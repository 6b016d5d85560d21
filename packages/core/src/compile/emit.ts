import { scalarInputs, type Scalar } from '../scalar.ts'
import type { Tensor } from '../tensor.ts'
import { broadcastMap, linear, type Affine } from './affine.ts'
import { resolve } from './demand.ts'
import { fingerprint } from './fingerprint.ts'
import type { Access, Instruction } from './plan.ts'

/** Where a kernel finds a value that it does not compute in place. */
export type Source = { readonly reduced: number } | { readonly buffer: number } | null

/** Turns values into instructions of one kernel; `order` lists the space's dimensions, outer ones first. */
export interface Emitter {
  readonly reads: Access[]
  access(t: Tensor, map: Affine, buffer: number): Access
  /** Starts a phase: its code, and a function that adds a value at a map to it. `sourceOf`: null means compute. */
  phase(sourceOf: (t: Tensor) => Source): { readonly code: Instruction[]; value(t: Tensor, map: Affine): number; compute(t: Tensor, map: Affine): number }
}

export function createEmitter(order: readonly number[]): Emitter {
  const rank = order.length, reads: Access[] = [], readKeys = new Map<string, number>()
  const access = (t: Tensor, map: Affine, buffer: number): Access => {
    const { offset, strides } = linear(map, t.shape, rank)
    return { buffer, dtype: t.dtype, offset, strides: order.map((d) => strides[d] + 0) }
  }
  return { reads, access, phase: (sourceOf) => {
    const code: Instruction[] = [], interned = new Map<string, number>()
    const push = (instruction: Instruction): number => {
      const key = fingerprint(instruction)
      const have = interned.get(key)
      if (have !== undefined) return have
      interned.set(key, code.length)
      return code.push(instruction) - 1
    }
    const value = (x: Tensor, at: Affine): number => {
      const { base, map } = resolve(x, at, rank), source = sourceOf(base)
      if (!source) return computed(base, map)
      if ('reduced' in source) return push({ op: 'reduced', dtype: base.dtype, value: source.reduced })
      const a = access(base, map, source.buffer), key = JSON.stringify(a)
      const read = readKeys.get(key) ?? reads.push(a) - 1
      readKeys.set(key, read)
      return push({ op: 'read', dtype: base.dtype, read })
    }
    const memo = new Map<Tensor, Map<string, number>>()
    const computed = (base: Tensor, map: Affine): number => {
      const key = JSON.stringify(map), known = memo.get(base) ?? new Map<string, number>(), have = known.get(key)
      if (have !== undefined) return have
      const at = compute(base, map)
      memo.set(base, known.set(key, at))
      return at
    }
    const compute = (base: Tensor, map: Affine): number => {
      const { op, inputs, attrs } = base.node
      if (op.literal) return push({ op: 'const', dtype: base.dtype, value: op.literal(attrs) })
      if (op.index) {
        const { offset, strides } = linear(map, base.shape, rank)
        return push({ op: 'index', dtype: 'int32', offset, strides: order.map((d) => strides[d] + 0) })
      }
      const args = inputs.map((t) => value(t, broadcastMap(map, t.shape))), done = new Map<Scalar, number>()
      const scalar = (s: Scalar): number => {
        const have = done.get(s)
        if (have !== undefined) return have
        const at = s.op === 'input' ? args[s.value]
          : s.op === 'const' ? push({ op: 'const', dtype: s.dtype, value: s.value })
          : push({ op: s.op, dtype: s.dtype, args: s.args.map(scalar) })
        done.set(s, at)
        return at
      }
      return scalar(op.expr!(scalarInputs(inputs.map((t) => t.dtype)), attrs))
    }
    return { code, value, compute: computed }
  } }
}
