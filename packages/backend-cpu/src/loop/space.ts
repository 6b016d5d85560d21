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

/** A dimension of a space: the last of those of the kernel that were merged to it has its strides. */
interface Dimension {
  size: number
  d: number
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
  const squeeze = (sizes: readonly number[], first: number, sort: boolean, merge = true): Dimension[] => {
    const dims = sizes.map((_, d) => first + d).filter((d) => sizes[d - first] !== 1)
    if (sort && dims.length > 1) dims.sort((a, b) => weight(b) - weight(a))
    const out: Dimension[] = []
    for (const d of dims) {
      const size = sizes[d - first]
      const last = out.at(-1)
      if (last && merge && affines.every(({ strides }) => strides[last.d] === strides[d] * size)) {
        last.size *= size
        last.d = d
      } else out.push({ size, d })
    }
    return out
  }
  const outer = squeeze(kernel.outer, 0, false)
  const { lanes } = kernel
  const inner = squeeze(kernel.inner, outerRank, position < 0 && !lanes, !lanes)
  const dims = [...outer, ...inner]
  return {
    lanes,
    outer: outer.map(({ size }) => size),
    inner: inner.map(({ size }) => size),
    affines: affines.map((a) => ({ ...a, strides: dims.map(({ d }) => a.strides[d]) })),
    phases,
    slots,
  }
}

/** Identifies the code of a kernel: equal keys compile to equal code, which gets addresses with their offsets as
 * data. */
export function keyOf({ lanes, outer, inner, affines, phases }: Space): string {
  let key = `${lanes};${outer};${inner}`
  for (const { slot, dtype, offset, strides } of affines)
    key += `|${slot} ${dtype} ${slot < 0 ? offset : ''} ${strides}`
  for (const { over, code, affine, reduce, write } of phases) {
    key += `/${over} ${affine}`
    for (const instruction of code) key += `|${textOf(instruction)}`
    for (const { kind, value, position } of reduce) key += `|${kind} ${value} ${position}`
    for (const w of write) key += `|write ${w.affine} ${w.value}`
  }
  return key
}

/** An instruction but for what it reads, which the affines tell. */
function textOf(i: Instruction): string {
  if ('args' in i) return `${i.op} ${i.dtype} ${i.args}`
  return `${i.op} ${i.dtype} ${i.op === 'reduced' || i.op === 'const' ? numberText(i.value) : ''}`
}
const numberText = (n: number): string => (Object.is(n, -0) ? '-0' : String(n))
