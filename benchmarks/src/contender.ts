import type { Result } from './digest.ts'
import type { Meter } from './gpu/meter.ts'
import type { Workload } from './workload.ts'

/** A workload made ready: `run` does it once and has the result in JavaScript when it ends. */
export interface Run {
  run(): Result | Promise<Result>
  /** What is compared instead of a result that others may have differently and as right. */
  check?(): Result | Promise<Result>
  dispose(): void | Promise<void>
}

/** A library under measurement. */
export interface Contender {
  /** @throws UnsupportedError where the library cannot do it */
  setup(workload: Workload): Promise<Run>
  /** Counts what it asks of a GPU, where it works on one. */
  readonly meter?: Meter
  /** Runs bind the same buffers again and again. */
  readonly reuses?: boolean
}

export interface ContenderOptions {
  readonly threads: number
  /** Where the files of a library that fetches some are served, in pages. */
  readonly assets?: string
}

export type ContenderName =
  | 'gradloom'
  | 'gradloom-webgpu'
  | 'blas-wasm'
  | 'tfjs-wasm'
  | 'tfjs-webgpu'
  | 'jax-js'
  | 'jax-js-webgpu'
  | 'onnxruntime-web'
  | 'ml-matrix'
  | 'numpy'
  | 'pytorch'
  | 'pytorch-gpu'
/** The library as a user takes it. */
export const whole: readonly ContenderName[] = ['gradloom', 'gradloom-webgpu']
export const ours: readonly ContenderName[] = [...whole, 'blas-wasm']

const meter = async (): Promise<Meter> => (await import('./gpu/node.ts')).pageGpu()

/** Loads a library's contender; each lives in a process or page of its own, so that none sees what another leaves
 * behind. */
export async function loadContender(name: ContenderName, options: ContenderOptions): Promise<Contender> {
  switch (name) {
    case 'gradloom':
      return (await import('./contenders/gradloom.ts')).gradloom(options)
    case 'gradloom-webgpu':
      return (await import('./contenders/gradloom.ts')).gradloomWebgpu(await meter())
    case 'blas-wasm':
      return (await import('./contenders/blas.ts')).blas(options)
    case 'tfjs-wasm':
      return (await import('./contenders/tfjs.ts')).tfjs(options)
    case 'tfjs-webgpu': {
      // It looks for WebGPU when it is loaded.
      const gpu = await meter()
      return (await import('./contenders/tfjs-webgpu.ts')).tfjsWebgpu(gpu)
    }
    case 'jax-js':
      return (await import('./contenders/jax.ts')).jax('wasm')
    case 'jax-js-webgpu': {
      const gpu = await meter()
      return { ...(await (await import('./contenders/jax.ts')).jax('webgpu')), meter: gpu }
    }
    case 'onnxruntime-web':
      return (await import('./contenders/onnx.ts')).onnx(options)
    case 'ml-matrix':
      return (await import('./contenders/ml-matrix.ts')).mlMatrix()
    case 'numpy':
    case 'pytorch':
    case 'pytorch-gpu':
      throw new TypeError(`${name} runs in Python`)
  }
}
