export * from './errors.ts'
export type { DType, TypedArray } from './dtype.ts'
export { promote, toFloat, isFloat, byteSize, dtypeOf } from './dtype.ts'
export type { Shape } from './shape.ts'
export { checkShape } from './shape.ts'
export {
  allocate,
  broadcastShapes,
  contiguous,
  normalizeAxes,
  normalizeAxis,
  philox4x32,
  roundTo,
  sameShape,
  scalarInputs,
  show,
  sizeOf,
} from './guarded.ts'
export { Scalar } from './scalar.ts'
export type { BinaryOp, ScalarOp, UnaryOp } from './scalar.ts'
export { hostArray, isHostArray, toHostArray } from './host.ts'
export type { ArrayLike, HostArray, NestedArray } from './host.ts'
export { defineOp } from './graph/op.ts'
export type { IndexRisk, Op, OpDefinition, Places, VjpContext } from './graph/op.ts'
export type { Form, Part, View } from './graph/form.ts'
export type { Meta } from './graph/meta.ts'
export type { Choice, Choices, Packing, Policy, Recomputations, Residual, Stage } from './graph/policy.ts'
export type { Origin } from './graph/origin.ts'
export type { Node } from './graph/node.ts'
export { noGrad, scope } from './graph/ambient.ts'
export { apply, applyAll, asTensor } from './graph/apply.ts'
export { Tensor } from './graph/tensor.ts'
export type { Hook, TensorLike, Told } from './graph/tensor.ts'
export { createRegistry } from './graph/registry.ts'
export type { Plugin, Registry } from './graph/registry.ts'
export { assign, nameOf, slot, Update, updates } from './runtime/update.ts'

export { tensor } from './ops/create.ts'
export { full, literalOf, ones, zeros, zerosLike } from './ops/full.ts'
export { add, div, mul, neg, pow, remainder, sub } from './ops/arithmetic.ts'
export { abs, reciprocal, sign, square } from './ops/magnitude.ts'
export { ceil, floor, round } from './ops/rounding.ts'
export { clip, maximum, minimum } from './ops/extremum.ts'
export type { ClipOptions } from './ops/extremum.ts'
export { cast } from './ops/cast.ts'
export { equal, greater, greaterEqual, less, lessEqual, notEqual } from './ops/compare.ts'
export { isFinite, isNaN } from './ops/finite.ts'
export { logicalAnd, logicalNot, logicalOr, logicalXor } from './ops/logical.ts'
export { where } from './ops/where.ts'
export { exp, expm1, log, log1p, log2, rsqrt, sigmoid, sqrt, tanh } from './ops/exponential.ts'
export { identity, stopGradient } from './ops/identity.ts'
export { broadcastTo, expandDims, squeeze, transpose } from './ops/view.ts'
export { reshape } from './ops/reshape.ts'
export { slice } from './ops/slice.ts'
export type { SliceSpec } from './ops/slice.ts'
export { flip } from './ops/flip.ts'
export { concat, pad } from './ops/place.ts'
export { split, stack } from './composites/join.ts'
export { scatterAdd, scatterAddAlongAxis, take, takeAlongAxis } from './ops/gather.ts'
export { checkIndices } from './ops/indices.ts'
export { max, mean, min, sum } from './ops/reduce.ts'
export type { ReduceOptions } from './ops/reduce.ts'
export { all, any, argMax, argMin } from './ops/decide.ts'
export { matmul } from './ops/matmul.ts'
export { grad, valueAndGrad } from './functions/grad.ts'
export type { GradOptions } from './functions/grad.ts'
export type * from './plan/backend.ts'
export type * from './plan/plan.ts'

export { createRuntime, setRuntime } from './runtime/runtime.ts'
export type { Runtime, RuntimeOptions } from './runtime/runtime.ts'
export type { Context, Evaluator } from './runtime/context.ts'
export type { Feed } from './runtime/feeds.ts'
export type { EachAs } from './graph/ambient.ts'
export type { LoadReport, Namespace, VariableEnvironment, VariableHandle } from './runtime/environment.ts'
export type { CompiledStep, CompileOptions, Results, StepOutput } from './runtime/step.ts'

export type { Leaf, Traced, Tree } from './graph/tree.ts'
