import type { Result } from './digest.ts'
import type { Workload } from './workload.ts'

/** A workload made ready: `run` does it once and has the result in JavaScript when it ends. */
export interface Run {
  run(): Result | Promise<Result>
  dispose(): void | Promise<void>
}

/** A library under measurement. */
export interface Contender {
  /** @throws UnsupportedError where the library cannot do it */
  setup(workload: Workload): Promise<Run>
}

export interface ContenderOptions {
  readonly threads: number
  /** Where the files of a library that fetches some are served, in pages. */
  readonly assets?: string
}

export type ContenderName = 'gradloom' | 'blas-wasm' | 'tfjs-wasm' | 'jax-js' | 'onnxruntime-web' | 'numpy' | 'pytorch'
export const ours: readonly ContenderName[] = ['gradloom', 'blas-wasm']

/** Loads a library's contender; each lives in a process or page of its own, so that none sees what another leaves
 * behind. */
export async function loadContender(name: ContenderName, options: ContenderOptions): Promise<Contender> {
  switch (name) {
    case 'gradloom':
      return (await import('./contenders/gradloom.ts')).gradloom(options)
    case 'blas-wasm':
      return (await import('./contenders/blas.ts')).blas(options)
    case 'tfjs-wasm':
      return (await import('./contenders/tfjs.ts')).tfjs(options)
    case 'jax-js':
      return (await import('./contenders/jax.ts')).jax()
    case 'onnxruntime-web':
      return (await import('./contenders/onnx.ts')).onnx(options)
    case 'numpy':
    case 'pytorch':
      throw new TypeError(`${name} runs in Python`)
  }
}
