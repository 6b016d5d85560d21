import { createModule } from './module.ts'
import { f32x4, i32x4 } from './simd.ts'
import type { Value } from './value.ts'

/** Whether this engine takes relaxed SIMD (fused multiply-add). Compiles a few bytes; nothing is cached. */
export function hasRelaxedSimd(): boolean {
  return validates((x) => f32x4.relaxedMadd(x, x, x))
}

/** Whether this engine takes 128-bit SIMD; without it nothing here runs. */
export function hasSimd(): boolean {
  return validates((x) => i32x4.add(x, x))
}

function validates(body: (x: Value<'v128'>) => Value<'v128'>): boolean {
  const m = createModule()
  m.func({ name: 'probe', params: [] }, (f) => f.do(body(f32x4.splat(0))))
  return WebAssembly.validate(m.toBytes())
}
