import { lanesOf, type Real } from '../lanes.ts'
import type { FunctionBuilder } from '../wasm/function.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { erf } from './erf.ts'
import { exp, expm1, sigmoid, tanh } from './exponential.ts'
import { formula, type Formula, type V } from './formula.ts'
import { perLane } from './import.ts'
import { log, log1p } from './logarithm.ts'
import { powSingle } from './power.ts'
import { cos, sin } from './trigonometric.ts'

/** Functions computed on whole vectors. */
export type VectorMath = 'exp' | 'expm1' | 'log' | 'log1p' | 'sigmoid' | 'tanh' | 'erf' | 'sin' | 'cos' | 'pow'

const unary: Readonly<Record<Exclude<VectorMath, 'pow'>, (w: Formula, x: V) => V>> = {
  exp,
  expm1,
  log,
  log1p,
  sigmoid,
  tanh,
  erf,
  sin,
  cos,
}

export interface MathOptions {
  readonly type: Real
  readonly relaxed: boolean
}

/**
 * Writes a function of vectors into the function under construction: no call, and its constants are set once on entry,
 * so a loop around it keeps them. Errors: at most 2 ulp from the correctly rounded value (tanh in f64: 4), tested over
 * the whole range.
 * Infinities, NaN, denormals and signed zeros behave as in `Math` (erf and sigmoid by their limits).
 *
 * sin and cos call `Math.sin`, `Math.cos` for lanes above 1e6, and pow in f64 calls `Math.pow`: the module then imports
 * them, so instantiate it with `{ ..., Math }`.
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
  return m.shared(
    {
      name: `${lanesOf(options.type, options.relaxed).key}.${name}`,
      params: name === 'pow' ? (['v128', 'v128'] as const) : (['v128'] as const),
      result: 'v128',
    },
    (f) => f.return(inlineMath(m, f as FunctionBuilder, name, options, f.params[0], f.params[1])),
  )
}
