import type { FunctionHandle, Module } from '../wasm/module.ts'

/** One import of `Math.name` a module, whoever asks. */
export const importMath = (m: Module, name: string, arity: 1 | 2): FunctionHandle<readonly 'f64'[], 'f64'> =>
  m.once(`Math.${name}`, () => m.importFunction('Math', name, { params: Array.from({ length: arity }, () => 'f64' as const), result: 'f64' }))
