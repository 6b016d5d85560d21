import { getOrInsert } from '../map.ts'
import { scalarInputs, type Scalar } from '../scalar.ts'
import type { Tensor } from '../graph/tensor.ts'
import { broadcastMap, linear, type Affine } from './affine.ts'
import { resolve } from './demand.ts'
import { fingerprint } from '../graph/fingerprint.ts'
import type { Access, Instruction } from '../plan/plan.ts'

/** Where a kernel finds a value that it does not compute in place. */
export type Source = { readonly reduced: number } | { readonly buffer: number } | null

/** Turns values into instructions of one kernel; `order` lists the space's dimensions, outer ones first. */
export interface Emitter {
  readonly reads: Access[]
  access(t: Tensor, map: Affine, buffer: number): Access
  /** Starts a phase: its code, and a function that adds a value at a map to it. `sourceOf`: null means compute. */
  phase(sourceOf: (t: Tensor) => Source): {
    readonly code: Instruction[]
    value(t: Tensor, map: Affine): number
    compute(t: Tensor, map: Affine): number
  }
}

export function createEmitter(order: readonly number[]): Emitter {
  const rank = order.length
  const reads: Access[] = []
  const readKeys = new Map<string, number>()
  const place = (t: Tensor, map: Affine): Pick<Access, 'offset' | 'strides'> => {
    const { offset, strides } = linear(map, t.shape, rank)
    return { offset, strides: order.map((d) => strides[d] + 0) }
  }
  const access = (t: Tensor, map: Affine, buffer: number): Access => ({ buffer, dtype: t.dtype, ...place(t, map) })
  return {
    reads,
    access,
    phase: (sourceOf) => {
      const code: Instruction[] = []
      const interned = new Map<string, number>()
      const push = (instruction: Instruction): number => {
        return getOrInsert(interned, fingerprint(instruction), () => code.push(instruction) - 1)
      }
      const value = (x: Tensor, at: Affine): number => {
        const { base, map } = resolve(x, at, rank)
        const source = sourceOf(base)
        if (!source) return computed(base, map)
        if ('reduced' in source) return push({ op: 'reduced', dtype: base.dtype, value: source.reduced })
        const a = access(base, map, source.buffer)
        return push({
          op: 'read',
          dtype: base.dtype,
          read: getOrInsert(readKeys, JSON.stringify(a), () => reads.push(a) - 1),
        })
      }
      const memo = new Map<Tensor, Map<string, number>>()
      const computed = (base: Tensor, map: Affine): number =>
        getOrInsert(
          getOrInsert(memo, base, () => new Map<string, number>()),
          JSON.stringify(map),
          () => compute(base, map),
        )
      const compute = (base: Tensor, map: Affine): number => {
        const { op, inputs, attrs } = base.node
        if (op.literal) return push({ op: 'const', dtype: base.dtype, value: op.literal(attrs) })
        if (op.index) return push({ op: 'index', dtype: 'int32', ...place(base, map) })
        const args = inputs.map((t) => value(t, broadcastMap(map, t.shape)))
        const done = new Map<Scalar, number>()
        const scalar = (s: Scalar): number =>
          getOrInsert(done, s, () =>
            s.op === 'input'
              ? args[s.value]
              : push(
                  s.op === 'const'
                    ? { op: 'const', dtype: s.dtype, value: s.value }
                    : { op: s.op, dtype: s.dtype, args: s.args.map(scalar) },
                ),
          )
        return scalar(op.expr!(scalarInputs(inputs.map((t) => t.dtype)), attrs))
      }
      return { code, value, compute: computed }
    },
  }
}
