import { f32x4, f64x2, i32x4, v128, type FunctionBuilder } from '@gradloom/blas-wasm'
import type { BinaryOp, DType, UnaryOp } from '@gradloom/core'
import { constant, doubled, type Vector } from './lanes.ts'

type Unary = (x: Vector, f: FunctionBuilder) => Vector
type Binary = (a: Vector, b: Vector, f: FunctionBuilder) => Vector
export interface LaneOps {
  readonly unary: { readonly [K in UnaryOp]?: Unary }
  readonly binary: { readonly [K in BinaryOp]?: Binary }
}

/** x > 0 gives 1, x < 0 gives -1, else x: so 0, -0 and NaN stay. */
const signOf =
  (dtype: DType, lt: Binary): Unary =>
  (x, f) =>
    doubled(x, f, (v) =>
      v128.bitselect(
        constant(1, dtype),
        v128.bitselect(constant(-1, dtype), v, lt(v, constant(0, dtype), f)),
        lt(constant(0, dtype), v, f),
      ),
    )

const real = (dtype: 'float32' | 'float64'): LaneOps => {
  const x = dtype === 'float32' ? f32x4 : f64x2
  return {
    unary: {
      neg: (a) => x.neg(a),
      abs: (a) => x.abs(a),
      sqrt: (a) => x.sqrt(a),
      floor: (a) => x.floor(a),
      ceil: (a) => x.ceil(a),
      round: (a) => x.nearest(a),
      sign: signOf(dtype, (a, b) => x.lt(a, b)),
      isNaN: (a, f) => doubled(a, f, (v) => x.ne(v, v)),
    },
    binary: {
      add: (a, b) => x.add(a, b),
      sub: (a, b) => x.sub(a, b),
      mul: (a, b) => x.mul(a, b),
      div: (a, b) => x.div(a, b),
      max: (a, b) => x.max(a, b),
      min: (a, b) => x.min(a, b),
      eq: (a, b) => x.eq(a, b),
      ne: (a, b) => x.ne(a, b),
      lt: (a, b) => x.lt(a, b),
      le: (a, b) => x.le(a, b),
    },
  }
}

const same: Unary = (x) => x
const integer = (dtype: 'int32' | 'uint32'): LaneOps => {
  const signed = dtype === 'int32'
  const lt: Binary = (a, b) => (signed ? i32x4.ltS : i32x4.ltU)(a, b)
  return {
    unary: {
      neg: (a) => i32x4.neg(a),
      abs: (a) => (signed ? i32x4.abs(a) : a),
      floor: same,
      ceil: same,
      round: same,
      sign: signed ? signOf(dtype, lt) : (a) => i32x4.minU(a, 1),
      isNaN: () => i32x4.splat(0),
    },
    binary: {
      add: (a, b) => i32x4.add(a, b),
      sub: (a, b) => i32x4.sub(a, b),
      mul: (a, b) => i32x4.mul(a, b),
      max: (a, b) => (signed ? i32x4.maxS : i32x4.maxU)(a, b),
      min: (a, b) => (signed ? i32x4.minS : i32x4.minU)(a, b),
      eq: (a, b) => i32x4.eq(a, b),
      ne: (a, b) => i32x4.ne(a, b),
      lt,
      le: (a, b) => (signed ? i32x4.leS : i32x4.leU)(a, b),
    },
  }
}

/** Masks; as numbers, false < true. */
const mask: LaneOps = {
  unary: { not: (a) => v128.not(a), isNaN: () => i32x4.splat(0) },
  binary: {
    and: (a, b) => v128.and(a, b),
    or: (a, b) => v128.or(a, b),
    max: (a, b) => v128.or(a, b),
    min: (a, b) => v128.and(a, b),
    eq: (a, b) => i32x4.eq(a, b),
    ne: (a, b) => v128.xor(a, b),
    lt: (a, b) => v128.andnot(b, a),
    le: (a, b) => v128.or(v128.not(a), b),
  },
}

const BY_DTYPE: ReadonlyMap<DType, LaneOps> = /* @__PURE__ */ new Map<DType, LaneOps>([
  ['bool', mask],
  ['float32', /* @__PURE__ */ real('float32')],
  ['float64', /* @__PURE__ */ real('float64')],
  ['int32', /* @__PURE__ */ integer('int32')],
  ['uint32', /* @__PURE__ */ integer('uint32')],
])
/** Single instructions (or nearly) per lane type, one that a register holds; what is missing here calls a function. */
export const laneOps = (dtype: DType): LaneOps => BY_DTYPE.get(dtype)!
