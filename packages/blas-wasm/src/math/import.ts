import type { Lanes } from '../lanes.ts'
import type { FunctionBuilder } from '../wasm/function.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { f32, f64 } from '../wasm/scalar.ts'
import type { Value } from '../wasm/value.ts'
import type { V } from './formula.ts'

/** One import of `Math.name` a module, whoever asks. */
const importMath = (m: Module, name: string, arity: 1 | 2): FunctionHandle<readonly 'f64'[], 'f64'> =>
  m.once(`Math.${name}`, () =>
    m.importFunction('Math', name, { params: Array.from({ length: arity }, () => 'f64' as const), result: 'f64' }),
  )

/** A function of `Math`, lane by lane in f64. */
export function perLane(m: Module, f: FunctionBuilder, lanes: Lanes, name: string, operands: readonly V[]): V {
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
