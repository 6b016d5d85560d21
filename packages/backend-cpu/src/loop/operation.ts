import { f32x4, f64x2, i32x4, v128 } from '@gradloom/blas-wasm'
import { isFloat, type BinaryOp, type DType, type Instruction, type ScalarOp, type UnaryOp } from '@gradloom/core'
import { laneOps } from './arithmetic.ts'
import { byLane } from './by-lane.ts'
import { cast } from './cast.ts'
import { narrow, plain, registerDType, widen, type Cell, type Emitter, type LaneCount } from './lanes.ts'
import { philox } from './philox.ts'
import { hasVectorMath, vectorMath } from './vector-math.ts'

/** An operand: its value, its dtype, and its number where it is a constant. */
export interface OperandCell extends Cell {
  readonly dtype: DType
  readonly literal: number | undefined
}

/** Emits one scalar operation on `lanes` lanes. */
export function operation(
  op: ScalarOp,
  dtype: DType,
  args: readonly OperandCell[],
  lanes: LaneCount,
  e: Emitter,
): Cell {
  const { f, module } = e
  const [a, b, c] = args
  switch (op) {
    case 'cast':
      return cast(a, a.dtype, dtype, lanes, e)
    case 'select':
      return select(dtype, a, b, c, e)
    case 'philox':
      return plain(
        philox(module).call(...(args.map(({ v }) => v) as unknown as Parameters<ReturnType<typeof philox>['call']>)),
      )
    case 'shr':
      return plain(i32x4.shrU(a.v, b.literal ?? i32x4.extractLane(b.v, 0)))
    case 'and':
    case 'or':
    case 'not':
      return logical(op, args, e)
  }
  const { unary, binary } = laneOps(a.dtype)
  // A mask of a float64 comparison has wide lanes.
  const wide = a.dtype === 'float64' && dtype === 'bool'
  if (a.dtype === 'bool' && b) return plain(binary[op as BinaryOp]!(narrow(a, f), narrow(b, f), f))
  // With a number for one operand, the short forms let the other's NaN through.
  if ((op === 'max' || op === 'min') && isFloat(dtype) && !Number.isNaN(a.literal ?? b.literal ?? NaN)) {
    const real = dtype === 'float32' ? f32x4 : f64x2
    const [x, c] = b.literal === undefined ? [b, a] : [a, b]
    // They keep the other's -0 beside 0, and 0 beside -0: the larger of the two is 0, which the sum is too.
    if (op === 'max') return plain(Object.is(c.literal, 0) ? real.add(real.pmax(x.v, c.v), c.v) : real.pmax(x.v, c.v))
    if (!Object.is(c.literal, -0)) return plain(real.pmin(x.v, c.v))
  }
  const direct = b ? binary[op as BinaryOp]?.(a.v, b.v, f) : unary[op as UnaryOp]?.(a.v, f)
  if (direct) return { v: direct, wide }
  const values = args.map(({ v }) => v)
  return plain(
    vectorMath(e, op, dtype, values, lanes) ??
      byLane(module, isFloat(dtype) ? op : `${op} ${dtype}`, dtype, lanes, values),
  )
}

function select(dtype: DType, condition: Cell, a: Cell, b: Cell, { f }: Emitter): Cell {
  if (dtype === 'bool') return plain(v128.bitselect(narrow(a, f), narrow(b, f), narrow(condition, f)))
  return plain(v128.bitselect(a.v, b.v, dtype === 'float64' ? widen(condition, f) : narrow(condition, f)))
}

/** Stays wide where all operands are, so that float64 masks are not narrowed only to be widened again. */
function logical(op: 'and' | 'or' | 'not', args: readonly OperandCell[], e: Emitter): Cell {
  const cells = args.map((x) => (x.dtype === 'bool' ? x : cast(x, x.dtype, 'bool', 1, e)))
  const wide = cells.every((x) => x.wide)
  const [a, b] = cells.map((x) => (wide ? x.v : narrow(x, e.f)))
  return { v: op === 'not' ? v128.not(a) : op === 'and' ? v128.and(a, b) : v128.or(a, b), wide }
}

/** Operations that cost many instructions: a kernel with one of them is not unrolled. */
export const isCostly = (i: Instruction): boolean => {
  if (!('args' in i) || i.op === 'cast' || i.op === 'select' || i.op === 'shr' || i.op === 'and' || i.op === 'or')
    return false
  const { unary, binary } = laneOps(i.dtype === 'bool' ? 'float32' : registerDType(i.dtype))
  return !(i.op in unary || i.op in binary || i.op === 'not')
}

/** Operations that no vector form is known for: kernels with one of them import it, which only the caller's thread can.
 * */
export const isByLane = (i: Instruction): boolean =>
  i.op !== 'philox' && isCostly(i) && !hasVectorMath(i.op, registerDType(i.dtype))
