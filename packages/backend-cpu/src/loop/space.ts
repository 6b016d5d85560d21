import {
  byteSize,
  contiguous,
  type Access,
  type DType,
  type Instruction,
  type LoopKernel,
  type ReduceKind,
} from '@gradloom/core'

/** A value that moves linearly over the iteration space: the address of an element in bytes, or an integer index. */
export interface Affine {
  /** Which of the kernel's buffers it points into; -1 for an index. */
  readonly slot: number
  readonly dtype: DType
  readonly offset: number
  /** Bytes (an index: units) per step along outer, then inner dimensions. */
  readonly strides: number[]
}

/** A phase with its accesses named by position in `Space.affines`. */
export interface SpacePhase {
  readonly over: 'inner' | 'outer'
  readonly code: readonly Instruction[]
  /** Per instruction: the affine of a read or an index, else -1. */
  readonly affine: readonly number[]
  /** `position`: the affine that counts inner positions, for argMax and argMin. */
  readonly reduce: readonly { readonly kind: ReduceKind; readonly value: number; readonly position: number }[]
  readonly write: readonly { readonly affine: number; readonly value: number }[]
}

/** A loop kernel with as few dimensions as its accesses allow, and buffers numbered in order of appearance. */
export interface Space {
  readonly outer: number[]
  readonly inner: number[]
  readonly affines: readonly Affine[]
  readonly phases: readonly SpacePhase[]
  readonly slots: readonly number[]
  /** That of the kernel. */
  readonly lanes?: 'inner' | 'outer'
}

/** The smallest space for a kernel: sizes of 1 dropped, mergeable neighbours merged, inner dimensions ordered so that
 * the shortest strides come last (unless positions matter, or sums have an order). */
export function spaceOf(kernel: LoopKernel): Space {
  const slots: number[] = []
  const affines: Affine[] = []
  const outerRank = kernel.outer.length
  const slotOf = (buffer: number): number => {
    const at = slots.indexOf(buffer)
    return at < 0 ? slots.push(buffer) - 1 : at
  }
  const add = (affine: Affine): number => affines.push(affine) - 1
  const ofAccess = ({ buffer, dtype, offset, strides }: Access): number => {
    const size = byteSize(dtype)
    return add({ slot: slotOf(buffer), dtype, offset: offset * size, strides: strides.map((s) => s * size) })
  }
  const reads = kernel.reads.map(ofAccess)
  let position = -1
  const phases = kernel.phases.map(({ over, code, reduce, write }): SpacePhase => ({
    over,
    code,
    affine: code.map((i) =>
      i.op === 'read'
        ? reads[i.read]
        : i.op === 'index'
          ? add({ slot: -1, dtype: 'int32', offset: i.offset, strides: [...i.strides] })
          : -1,
    ),
    reduce: reduce.map(({ kind, value }) => {
      if (!kind.startsWith('arg')) return { kind, value, position: -1 }
      if (position < 0)
        position = add({
          slot: -1,
          dtype: 'int32',
          offset: 0,
          strides: [...kernel.outer.map(() => 0), ...contiguous(kernel.inner)],
        })
      return { kind, value, position }
    }),
    write: write.map(({ access, value }) => ({ affine: ofAccess(access), value })),
  }))

  const weight = (d: number): number => affines.reduce((sum, { strides }) => sum + Math.abs(strides[d]), 0)
  const squeeze = (sizes: readonly number[], first: number, sort: boolean, merge = true): number[] => {
    const dims = sizes.map((_, d) => first + d).filter((d) => sizes[d - first] !== 1)
    if (sort) dims.sort((a, b) => weight(b) - weight(a))
    const out: { size: number; d: number }[] = []
    for (const d of dims) {
      const size = sizes[d - first]
      const last = out.at(-1)
      if (last && merge && affines.every(({ strides }) => strides[last.d] === strides[d] * size)) {
        last.size *= size
        last.d = d
      } else out.push({ size, d })
    }
    for (const affine of affines) moved.get(affine)!.push(...out.map(({ d }) => affine.strides[d]))
    return out.map(({ size }) => size)
  }
  const moved = new Map<Affine, number[]>(affines.map((a) => [a, []]))
  const outer = squeeze(kernel.outer, 0, false)
  const { lanes } = kernel
  const inner = squeeze(kernel.inner, outerRank, position < 0 && !lanes, !lanes)
  return {
    lanes,
    outer,
    inner,
    affines: affines.map((a) => ({ ...a, strides: moved.get(a)! })),
    phases,
    slots,
  }
}

/** Identifies the code of a kernel: equal keys compile to equal code, which gets addresses with their offsets as data.
 * JSON alone would lose NaN, infinities and -0. */
export const keyOf = ({ outer, inner, affines, phases, lanes }: Space): string =>
  JSON.stringify(
    [lanes, outer, inner, affines.map((a) => (a.slot < 0 ? a : { ...a, offset: 0 })), phases],
    (_, v: unknown) =>
      typeof v === 'number' && (!Number.isFinite(v) || Object.is(v, -0)) ? `#${Object.is(v, -0) ? '-0' : v}` : v,
  )
