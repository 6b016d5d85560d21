import { contiguous, type Instruction, type LoopKernel, type ReduceKind } from '@gradloom/core'

/** An integer that moves linearly over the iteration space: the place of an element, or an index. */
export interface Affine {
  readonly offset: number
  readonly outer: readonly number[]
  readonly inner: readonly number[]
}

/** A phase with its accesses as positions in `Space.affines`. */
export interface SpacePhase {
  readonly over: 'inner' | 'outer'
  readonly code: readonly Instruction[]
  /** By instruction: the affine of a read or an index, else -1. */
  readonly affine: readonly number[]
  readonly reduce: readonly { readonly kind: ReduceKind; readonly value: number }[]
  /** `write`: which of the kernel's writes it is. */
  readonly write: readonly { readonly affine: number; readonly value: number; readonly write: number }[]
}

/** A loop kernel with as few dimensions as its accesses allow. */
export interface Space {
  readonly outer: readonly number[]
  readonly inner: readonly number[]
  readonly affines: readonly Affine[]
  readonly phases: readonly SpacePhase[]
  /** The row-major position of the inner indices. */
  readonly position: Affine
}

interface Walk {
  readonly offset: number
  readonly strides: readonly number[]
}

/** Dimensions of size 1 are dropped, and neighbours that every walk takes as one are merged. */
function merged(sizes: readonly number[], first: number, walks: readonly Walk[]): { size: number; at: number }[] {
  const dims: { size: number; at: number }[] = []
  sizes.forEach((size, i) => {
    const at = first + i
    if (size === 1) return
    const last = dims.at(-1)
    const isOne = last && walks.every(({ strides }) => strides[last.at] === strides[at] * size)
    if (isOne) dims[dims.length - 1] = { size: last.size * size, at }
    else dims.push({ size, at })
  })
  return dims
}

export function spaceOf({ outer, inner, reads, phases }: LoopKernel): Space {
  const walks: Walk[] = reads.map(({ offset, strides }) => ({ offset, strides }))
  const add = (walk: Walk): number => walks.push(walk) - 1
  const position = add({ offset: 0, strides: [...outer.map(() => 0), ...contiguous(inner)] })
  let writes = 0
  const spacePhases = phases.map(({ over, code, reduce, write }): SpacePhase => ({
    over,
    code,
    affine: code.map((i) => (i.op === 'read' ? i.read : i.op === 'index' ? add(i) : -1)),
    reduce,
    write: write.map(({ access, value }) => ({ affine: add(access), value, write: writes++ })),
  }))
  const outerDims = merged(outer, 0, walks)
  const innerDims = merged(inner, outer.length, walks)
  const affines = walks.map(({ offset, strides }) => ({
    offset,
    outer: outerDims.map(({ at }) => strides[at]),
    inner: innerDims.map(({ at }) => strides[at]),
  }))
  return {
    outer: outerDims.map((d) => d.size),
    inner: innerDims.map((d) => d.size),
    affines,
    phases: spacePhases,
    position: affines[position],
  }
}
