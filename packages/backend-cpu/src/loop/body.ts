import { i32x4, type Value } from '@gradloom/blas-wasm'
import { BLOCK, createAccumulator, type Accumulator } from './accumulator.ts'
import { createArgAccumulator } from './arg-accumulator.ts'
import { advance, fork, repeat, repeatInChunks, type Cursors } from './cursor.ts'
import { dependencies, evaluate, indexAt, SINGLE, type Width } from './evaluate.ts'
import { narrow, plain, store, type Cell, type Emitter } from './lanes.ts'
import type { Space } from './space.ts'
import { copiesOf, lanesOf } from './strategy.ts'

/** Instructions of which four copies fit in the registers, more or less. */
const SIDE_BY_SIDE = 12
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Emits what a kernel does for its outer indices. */
export interface Body {
  /** Values that are the same along the last outer dimension, once before it is walked. */
  hoist(cursors: Cursors): void
  /** All phases, for the outer indices that `width` covers. */
  row(cursors: Cursors, width: Width): void
}

/** `byVector`: lanes are outer indices; otherwise inner phases take lanes along their last dimension. */
export function createBody(e: Emitter, space: Space, byVector: boolean): Body {
  const { f } = e
  const { outer, inner, affines, phases } = space
  const rank = outer.length
  const vectorBit = byVector && rank > 0 ? 1 << (rank - 1) : 0
  const reduced: (readonly Cell[])[] = []
  const plans = phases.map((phase) => {
    const bits = dependencies(phase, space)
    // Inner loop (1: outermost) in which an instruction runs; 0: before them; -1: before the vector's dimension is
    // walked.
    const levels = bits.map((set) =>
      set >>> rank ? 32 - Math.clz32(set >>> rank) : vectorBit && !(set & vectorBit) ? -1 : 0,
    )
    return { phase, bits, levels, cells: [] as Cell[][] }
  })
  type PhasePlan = (typeof plans)[number]

  const run = ({ phase, bits, levels, cells }: PhasePlan, level: number, cursors: Cursors, width: Width): void => {
    const instruction = (k: number, c: number): void => {
      const varies = width.lanes > 1 && Boolean(bits[k] & (1 << width.axis))
      if (levels[k] === level && (varies || c === 0))
        (c ? cells[k] : (cells[k] = []))[c] = evaluate(e, space, phase, k, c, cells, reduced, cursors, varies, width)
    }
    const copies = range(width.copies)
    const code = range(phase.code.length)
    // Short code goes side by side, which hides latencies; long code copy by copy, with few values alive at a time.
    if (code.length <= SIDE_BY_SIDE) code.forEach((k) => copies.forEach((c) => instruction(k, c)))
    else copies.forEach((c) => code.forEach((k) => instruction(k, c)))
  }
  const write = ({ phase, cells }: PhasePlan, cursors: Cursors, { lanes, copies, axis }: Width): void => {
    for (const { affine, value } of phase.write) {
      const { dtype, strides } = affines[affine]
      const stride = strides[axis] ?? 0
      for (let c = 0; c < copies; c++)
        store(dtype, cells[value][c] ?? cells[value][0], cursors[affine], c * lanes * stride, stride, lanes, f)
    }
  }

  const overOuter = (plan: PhasePlan, cursors: Cursors, width: Width): void => {
    const { phase, cells } = plan
    run(plan, 0, cursors, width)
    for (const { kind, value } of phase.reduce) {
      reduced.push(
        kind.startsWith('arg')
          ? [plain(f.hoist(i32x4.splat(0)))]
          : phase.code[value].dtype === 'bool'
            ? cells[value].map((c) => plain(f.let(narrow(c, f))))
            : cells[value],
      )
    }
    write(plan, cursors, width)
  }

  const overInner = (plan: PhasePlan, cursors: Cursors, outerWidth: Width): void => {
    const { phase, cells } = plan
    const last = inner.length - 1
    const dim = rank + last
    const width: Width = byVector
      ? outerWidth
      : { lanes: lanesOf([phase]), copies: copiesOf(phase, lanesOf([phase]), inner[last]), axis: dim }
    const step = width.lanes * width.copies
    // Additions a lane takes during one run of loop j and those inside it.
    const runs = [1]
    for (let j = last; j >= 0; j--) {
      const n = inner[j]
      runs.unshift(
        runs[0] *
          (byVector || j < last ? n : Math.floor(n / step) + Math.floor((n % step) / width.lanes) + (n % width.lanes)),
      )
    }
    const sums = phase.reduce.some(({ kind, value }) => kind === 'sum' && phase.code[value].dtype === 'float32')
    const accumulators = phase.reduce.map(({ kind, value }): Accumulator =>
      (kind.startsWith('arg') ? createArgAccumulator : createAccumulator)(f, {
        kind,
        dtype: phase.code[value].dtype,
        lanes: width.lanes,
        copies: width.copies,
        combine: !byVector,
        long: runs[0] > BLOCK,
      }),
    )
    const used = new Set([...phase.affine, ...phase.write.map((w) => w.affine), ...phase.reduce.map((r) => r.position)])
    const flush = (): void => accumulators.forEach((a) => a.flush())
    /** Loop j; where sums are long, the loop at which a block is full is the one that ends blocks. */
    const times = (j: number, count: number, body: () => void): void => {
      if (sums && runs[j] > BLOCK && runs[j + 1] <= BLOCK)
        repeatInChunks(f, count, Math.max(1, Math.floor(BLOCK / runs[j + 1])), body, flush)
      else repeat(f, count, body)
    }
    const leaf = (at: Cursors, w: Width): void => {
      accumulators.forEach((a, r) => {
        const { value, position } = phase.reduce[r]
        a.take(
          cells[value],
          w.lanes,
          w.copies,
          position < 0 ? [] : range(w.copies).map((c) => indexAt(affines[position], at[position], w, c).v),
        )
      })
      write(plan, at, w)
    }
    const nest = (j: number, from: Cursors): void => {
      const at = fork(f, affines, from, rank + j, used)
      const pass = (w: Width, stride: number): void => {
        run(plan, j + 1, at, w)
        if (j === last) leaf(at, w)
        else nest(j + 1, at)
        advance(f, affines, at, rank + j, stride, used)
      }
      if (byVector || j < last) times(j, inner[j], () => pass(byVector ? width : SINGLE, 1))
      else {
        let rest = inner[j]
        for (const w of width.copies > 1 ? [width, { ...width, copies: 1 }, SINGLE] : [width, SINGLE]) {
          const size = w.lanes * w.copies
          const count = Math.floor(rest / size)
          if (count > 0) {
            if (w === width) times(j, count, () => pass(w, size))
            else repeat(f, count, () => pass(w, size))
          }
          rest -= count * size
        }
      }
    }

    run(plan, 0, cursors, outerWidth)
    accumulators.forEach((a) => a.reset())
    if (!inner.includes(0)) nest(0, cursors)
    for (const a of accumulators) reduced.push(a.finish().map((v) => plain(pinned(v))))
  }
  const pinned = (v: Value<'v128'>): Value<'v128'> => ('index' in v ? v : f.let(v))

  return {
    hoist: (cursors) => plans.forEach((plan) => run(plan, -1, cursors, SINGLE)),
    row: (cursors, width) => {
      reduced.length = 0
      for (const plan of plans)
        (plan.phase.over === 'inner' && inner.length > 0 ? overInner : overOuter)(plan, cursors, width)
    },
  }
}
