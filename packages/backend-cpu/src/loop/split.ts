import {
  byteSize,
  contiguous,
  sizeOf,
  type Access,
  type DType,
  type Instruction,
  type LoopKernel,
  type Phase,
} from '@gradloom/core'
import { SCRATCH } from '../run/step.ts'

/** Kernels, to be run in turn, that do what one did. */
export interface SplitKernel {
  readonly kernels: readonly LoopKernel[]
  readonly scratchBytes: number
}

/** A kernel with more outer indices has enough to hand out. */
const MOST_OUTER = 8
/** Elements of an outer index from which its reductions are split. */
const LEAST_ELEMENTS = 2 ** 16
/** Pieces that a reduction is split into: enough for the threads of today's machines, few enough to combine at once. */
const PIECES = 64

/** Numbers in scratch memory. */
interface Room {
  readonly buffer: typeof SCRATCH
  readonly dtype: DType
  readonly offset: number
}
/** Where an access or an index begins, and its steps. */
interface Walk {
  readonly offset: number
  readonly strides: readonly number[]
}
interface Moved extends Walk {
  readonly strides: number[]
}

const zeros = (n: number): number[] => Array.from({ length: n }, () => 0)

/**
 * Splits long reductions into pieces whose results are then combined, so that threads can share them. What is split,
 * and where, depends on sizes alone: the bits of results do not depend on threads. A sum of n elements in p pieces
 * makes about n / p + p roundings in a row, instead of n.
 */
export function splitLong(kernel: LoopKernel): SplitKernel {
  const { outer, inner, phases } = kernel
  const rank = outer.length
  const isArg = phases.some((p) => p.reduce.some(({ kind }) => kind.startsWith('arg')))
  if (sizeOf(outer) > MOST_OUTER || sizeOf(inner) < LEAST_ELEMENTS || sizeOf(outer) === 0 || isArg)
    return { kernels: [kernel], scratchBytes: 0 }
  const axis = inner.indexOf(Math.max(...inner))
  const length = Math.ceil(inner[axis] / PIECES)
  const pieces = Math.floor(inner[axis] / length)
  const rest = inner[axis] % length
  const all = pieces + (rest > 0 ? 1 : 0)

  let scratchBytes = 0
  const room = (dtype: DType, dims: readonly number[]): Room => {
    const offset = scratchBytes / byteSize(dtype)
    scratchBytes += Math.ceil((sizeOf(dims) * byteSize(dtype)) / 64) * 64
    return { buffer: SCRATCH, dtype, offset }
  }
  /** Of the reductions so far, one for each outer index. */
  const results: Room[] = []

  /** A phase as a kernel of its own: its accesses go through `move`, and it reads what earlier phases reduced to. */
  const alone = (
    phase: Phase,
    dims: Pick<LoopKernel, 'outer' | 'inner'>,
    move: (walk: Walk) => Moved,
    after: readonly Phase[],
  ): LoopKernel => {
    const reads: Access[] = kernel.reads.map((a) => ({ ...a, ...move(a) }))
    const added = dims.outer.length + dims.inner.length - rank
    const code = phase.code.map((i): Instruction =>
      i.op === 'reduced'
        ? {
            op: 'read',
            dtype: i.dtype,
            read: reads.push({ ...results[i.value], strides: [...contiguous(outer), ...zeros(added)] }) - 1,
          }
        : i.op === 'index'
          ? { ...i, ...move(i) }
          : i,
    )
    return {
      ...dims,
      lanes: kernel.lanes && 'inner',
      reads,
      phases: [
        { ...phase, code, write: phase.write.map((w) => ({ ...w, access: { ...w.access, ...move(w.access) } })) },
        ...after,
      ],
    }
  }
  /** An outer phase that writes the results of the kernel's reductions. */
  const store = (to: readonly Room[], offset: number, strides: readonly number[]): Phase => ({
    over: 'outer',
    reduce: [],
    code: to.map(({ dtype }, value) => ({ op: 'reduced', dtype, value })),
    write: to.map((r, value) => ({ value, access: { ...r, offset: r.offset + offset, strides } })),
  })
  /** `count` pieces of `size` along the axis, from piece `first` on. */
  const part = (phase: Phase, first: number, count: number, size: number, partials: readonly Room[]): LoopKernel => {
    const move = ({ offset, strides }: Walk): Moved => {
      const piece = strides[rank + axis] * length
      return { offset: offset + first * piece, strides: [...strides.slice(0, rank), piece, ...strides.slice(rank)] }
    }
    const after =
      partials.length === 0 ? [] : [store(partials, first, [...contiguous([...outer, all]), ...zeros(inner.length)])]
    return alone(phase, { outer: [...outer, count], inner: inner.map((n, d) => (d === axis ? size : n)) }, move, after)
  }
  const combine = ({ reduce }: Phase, partials: readonly Room[], to: readonly Room[]): LoopKernel => ({
    outer,
    inner: [all],
    lanes: kernel.lanes && 'inner',
    reads: partials.map((p) => ({ ...p, strides: contiguous([...outer, all]) })),
    phases: [
      {
        over: 'inner',
        code: partials.map(({ dtype }, read) => ({ op: 'read', dtype, read })),
        reduce: reduce.map(({ kind }, value) => ({ kind, value })),
        write: [],
      },
      store(to, 0, [...contiguous(outer), 0]),
    ],
  })

  const kernels = phases.flatMap((phase): LoopKernel[] => {
    if (phase.over === 'outer')
      return [
        alone(phase, { outer, inner: [] }, ({ offset, strides }) => ({ offset, strides: strides.slice(0, rank) }), []),
      ]
    const dtypes = phase.reduce.map(({ value }) => phase.code[value].dtype)
    const partials = dtypes.map((dtype) => room(dtype, [...outer, all]))
    const parts = [
      part(phase, 0, pieces, length, partials),
      ...(rest > 0 ? [part(phase, pieces, 1, rest, partials)] : []),
    ]
    if (partials.length === 0) return parts
    const to = dtypes.map((dtype) => room(dtype, outer))
    results.push(...to)
    return [...parts, combine(phase, partials, to)]
  })
  return { kernels, scratchBytes }
}
