import { emitMath, f32x4, inlineMath, v128, type MathOptions, type VectorMath } from '@gradloom/blas-wasm'
import { isFloat, type DType } from '@gradloom/core'
import type { Emitter, LaneCount, Vector } from './lanes.ts'

const NAMES: readonly string[] = [
  'exp',
  'expm1',
  'log',
  'log1p',
  'sigmoid',
  'tanh',
  'erf',
  'sin',
  'cos',
] satisfies VectorMath[]

/** Whether blas-wasm computes a function on vectors. */
export const hasVectorMath = (op: string, dtype: DType): boolean =>
  isFloat(dtype) && (NAMES.includes(op) || (op === 'pow' && dtype === 'float32'))

/** A function that blas-wasm computes on vectors, undefined for others. Written out where loops run, called where
 * single elements are left over: the same formula, so the same bits. */
export function vectorMath(
  { module, f, relaxed, inline }: Emitter,
  op: string,
  dtype: DType,
  args: readonly Vector[],
  lanes: LaneCount,
): Vector | undefined {
  if (!hasVectorMath(op, dtype)) return undefined
  const name = op as VectorMath
  const options: MathOptions = { type: dtype === 'float32' ? 'f32' : 'f64', relaxed }
  const y =
    lanes === 1 || !inline
      ? emitMath(module, name, options).call(...args)
      : inlineMath(module, f, name, options, args[0], args[1])
  if (op !== 'pow') return y
  // C has 1 where `Math.pow` has NaN: 1 to any power, -1 to an infinite one.
  const [base, exponent] = args
  const infinite = v128.and(f32x4.eq(f32x4.abs(base), 1), f32x4.eq(f32x4.abs(exponent), Infinity))
  return v128.bitselect(f.hoist(f32x4.splat(1)), y, v128.or(f32x4.eq(base, 1), infinite))
}
