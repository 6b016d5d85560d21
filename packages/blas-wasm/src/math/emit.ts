import { lanesOf, type Lanes, type Real } from '../lanes.ts'
import type { FunctionBuilder } from '../wasm/function.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { f32, f64 } from '../wasm/scalar.ts'
import type { Value } from '../wasm/value.ts'
import { erf } from './erf.ts'
import { exp, expm1, sigmoid, tanh } from './exponential.ts'
import { formula, type Formula, type V } from './formula.ts'
import { importMath } from './import.ts'
import { log, log1p } from './logarithm.ts'
import { powSingle } from './power.ts'
import { cos, sin } from './trigonometric.ts'

/** Functions computed on whole vectors. */
export type VectorMath = 'exp' | 'expm1' | 'log' | 'log1p' | 'sigmoid' | 'tanh' | 'erf' | 'sin' | 'cos' | 'pow'

const unary: Readonly<Record<Exclude<VectorMath, 'pow'>, (w: Formula, x: V) => V>> = { exp, expm1, log, log1p, sigmoid, tanh, erf, sin, cos }

export interface MathOptions {
  readonly type: Real
  readonly relaxed: boolean
}

/**
 * Writes a function of vectors into the function under construction: no call, and its constants are set once on entry, so a
 * loop around it keeps them. Errors: at most 2 ulp from the correctly rounded value (tanh in f64: 4), tested over the whole range.
 * Infinities, NaN, denormals and signed zeros behave as in `Math` (erf and sigmoid by their limits).
 *
 * sin and cos call `Math.sin`, `Math.cos` for lanes above 1e6, and pow in f64 calls `Math.pow`: the module then imports them, so instantiate
 * it with `{ ..., Math }`.
 */
export function inlineMath(m: Module, f: FunctionBuilder, name: VectorMath, options: MathOptions, x: V, y?: V): V {
  const lanes = lanesOf(options.type, options.relaxed)
  const w = formula(m, f, lanes)
  if (name !== 'pow') return unary[name](w, x)
  if (!y) throw new TypeError('pow: an exponent is required, got one operand')
  return lanes.type === 'f32' ? powSingle(w, x, y) : perLane(m, f, lanes, 'pow', [x, y])
}

/** The same as a function of the module, emitted once: smaller where several kernels use it. */
export function emitMath(m: Module, name: VectorMath, options: MathOptions): FunctionHandle<readonly 'v128'[], 'v128'> {
  const key = `${lanesOf(options.type, options.relaxed).key}.${name}`
  return m.once(key, () =>
    m.func({ name: key, params: name === 'pow' ? (['v128', 'v128'] as const) : (['v128'] as const), result: 'v128' }, (f) =>
      f.return(inlineMath(m, f as FunctionBuilder, name, options, f.params[0], f.params[1])),
    ),
  )
}

/** Functions of `Math` on one or two numbers. */
export type LaneMath =
  | 'acos' | 'acosh' | 'asin' | 'asinh' | 'atan' | 'atan2' | 'atanh' | 'cbrt' | 'cos' | 'cosh' | 'exp' | 'expm1' | 'hypot' | 'log' | 'log10' | 'log1p'
  | 'log2' | 'pow' | 'sin' | 'sinh' | 'tan' | 'tanh'

/** A function of `Math`, lane by lane in f64: `atan2`, `sinh`, ... Slow (a call a lane); needs `{ ..., Math }` at instantiation. */
export function emitLaneMath(
  m: Module,
  name: LaneMath,
  arity: 1 | 2,
  options: MathOptions,
): FunctionHandle<readonly 'v128'[], 'v128'> {
  const lanes = lanesOf(options.type, options.relaxed)
  const key = `${lanes.key}.Math.${name}`
  return m.once(key, () =>
    m.func({ name: key, params: Array.from({ length: arity }, () => 'v128' as const), result: 'v128' }, (f) =>
      f.return(perLane(m, f as FunctionBuilder, lanes, name, f.params)),
    ),
  )
}

function perLane(m: Module, f: FunctionBuilder, lanes: Lanes, name: string, operands: readonly V[]): V {
  const target = importMath(m, name, operands.length as 1 | 2)
  const single = lanes.type === 'f32'
  const pinned = operands.map((v) => f.let(v))
  const result = f.let(pinned[0]!)
  for (let lane = 0; lane < lanes.count; lane++) {
    const at = pinned.map((v) => lanes.vector.extractLane(v, lane))
    const y = target.call(...at.map((x) => (single ? f64.promoteF32(x as Value<'f32'>) : (x as Value<'f64'>))))
    f.set(result, lanes.vector.replaceLane(result, lane, single ? f32.demoteF64(y) : y))
  }
  return result
}
