import { describe, expect, it } from 'vitest'
import { checkFile } from '../check-imports.mjs'

/** Planted violations: [file, source, what the complaint says]. */
const violations: readonly (readonly [string, string, RegExp])[] = [
  ['packages/nn/src/relu.ts', `import { exp } from '../../core/src/index.ts'`, /leaves its package/],
  ['packages/nn/test/relu.test.ts', `import { exp } from '../../core/src/index.ts'`, /leaves its package/],
  ['benchmarks/src/cli.ts', `import { exp } from '../../packages/core/src/index.ts'`, /leaves its package/],
  ['examples/mnist/src/main.ts', `import { a } from '../../custom-op/src/main.ts'`, /leaves its package/],
  ['packages/nn/src/relu.ts', `import { cpu } from '@gradloom/backend-cpu'`, /packages\/nn may import @gradloom\/core/],
  ['packages/optim/src/sgd.ts', `import type { Cpu } from '@gradloom/backend-cpu'`, /packages\/optim may import/],
  ['packages/io/src/npy.ts', `const backend = await import('@gradloom/backend-cpu')`, /packages\/io may import/],
  ['packages/backend-cpu/src/cpu.ts', `export { relu } from '@gradloom/nn'`, /packages\/backend-cpu may import/],
  ['packages/conformance/src/samples.ts', `import { relu } from '@gradloom/nn'`, /packages\/conformance may import/],
  ['packages/core/src/op.ts', `import { relu } from '@gradloom/nn'`, /packages\/core may import nothing/],
  ['packages/core/src/op.ts', `import { readFile } from 'node:fs'`, /runs without Node/],
  ['packages/optim/src/sgd.ts', `import { exp } from '@gradloom/core'`, /not among the dependencies/],
  ['examples/mnist/src/main.ts', `import { exp } from '@gradloom/core/src/ops/exp.ts'`, /not in the exports/],
  ['packages/core/src/shape.ts', `import { apply } from './graph/tensor.ts'`, /room 'shape' is below 'graph'/],
  ['packages/core/src/ops/exp.ts', `import { grad } from '../functions/grad.ts'`, /room 'ops' is below 'functions'/],
  [
    'packages/core/src/functions/grad.ts',
    `import { fuse } from '../compile/fuse.ts'`,
    /room 'functions' is below 'compile'/,
  ],
  ['packages/core/src/compile/fuse.ts', `export * from '../runtime/runtime.ts'`, /room 'compile' is below 'runtime'/],
  ['packages/core/src/helpers.ts', `import { exp } from './ops/exp.ts'`, /no room of core/],
]

const lawful: readonly (readonly [string, string])[] = [
  ['packages/core/src/graph/tensor.ts', `import { add } from '../ops/add.ts'`],
  ['packages/core/src/ops/leaf.ts', `import type { DeviceBuffer } from '../plan/backend.ts'`],
  ['packages/core/src/runtime/runtime.ts', `import { grad } from '../functions/grad.ts'`],
  ['packages/nn/src/relu.ts', `// import { cpu } from '@gradloom/backend-cpu'\nimport { exp } from '@gradloom/core'`],
  ['packages/nn/test/relu.test.ts', `import { cpu } from '@gradloom/backend-cpu'\nimport { it } from 'vitest'`],
  ['packages/conformance/src/cli/oracles.ts', `const { cpu } = await import('@gradloom/backend-cpu')`],
  ['packages/blas-wasm/src/pool.ts', `const { Worker } = await import('node:worker_threads')`],
]

describe('checkFile', () => {
  it.each(violations)('%s: refuses %s', (file, source, complaint) => {
    const problems = checkFile(file, source, file.includes('/optim/') ? [] : ['@gradloom/core'])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(complaint)
  })
  it.each(lawful)('%s: accepts %s', (file, source) => {
    expect(checkFile(file, source, ['@gradloom/core'])).toEqual([])
  })
})
