// What `pnpm size` measures: import sets, and the most that each may weigh minified and gzipped.
// Packages of the workspace that a set does not name count for nothing in it: users pay for them once.

const graphNames = ['tensor', 'grad', 'add', 'mul', 'exp', 'sum', 'matmul']

/** What somebody writes first: a classifier of handwritten digits, trained in a page. */
const trainer = `
import { createRng, createRuntime, cpu, nn, optim } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
const env = rt.variables()
const model = nn.layers.sequential(nn.layers.linear(784, 128), nn.relu, nn.layers.linear(128, 10))
const start = model.init(createRng(1))
nn.layers.setVariables(env, start)
export const train = env.compile((ctx) => {
  const scores = model.apply(nn.layers.getVariables(ctx, start), ctx.placeholder('images', [-1, 784]))
  const loss = nn.sparseSoftmaxCrossEntropy(scores, ctx.placeholder('labels', [-1], 'int32'), { reduction: 'mean' })
  return { loss, train: optim.adam({ learningRate: 1e-3 }).minimize(loss, ctx.variables()) }
})
`

/**
 * `ceilingKb`: where a budget is missed on the record (docs/adr/0006, 0008, 0014 to 0019), the weight
 * above which the command fails.
 * `loads`: of the parts that are imported on demand, those that count. `script`: a worker's script, bundled whole and
 * weighed with the set.
 * @type {readonly { name: string, source: string, own: readonly string[], budgetKb: number, ceilingKb?: number, loads?:
 * readonly string[], script?: string }[]}
 */
export const sets = [
  {
    name: 'core, whole',
    source: `export * from '@gradloom/core'`,
    own: ['core'],
    budgetKb: 20,
    ceilingKb: 40.3,
    loads: [],
  },
  {
    name: 'core, graph + grad + five ops',
    source: `export { ${graphNames.join(', ')} } from '@gradloom/core'`,
    own: ['core'],
    budgetKb: 7,
    ceilingKb: 10.7,
  },
  { name: 'nn, whole', source: `export * from '@gradloom/nn'`, own: ['nn'], budgetKb: 12, ceilingKb: 13.9 },
  { name: 'optim, whole', source: `export * from '@gradloom/optim'`, own: ['optim'], budgetKb: 8, ceilingKb: 9 },
  {
    name: 'linalg, whole',
    source: `export * from '@gradloom/linalg'`,
    own: ['linalg'],
    budgetKb: 14,
    ceilingKb: 26,
  },
  {
    name: 'linalg, Cholesky solve with gradient and kernels',
    source: `export { cholesky, choleskyPlugin, choleskySolve } from '@gradloom/linalg'`,
    own: ['linalg'],
    budgetKb: 4,
  },
  { name: 'checkpoint, whole', source: `export * from '@gradloom/checkpoint'`, own: ['checkpoint'], budgetKb: 8 },
  { name: 'inspect, whole', source: `export * from '@gradloom/inspect'`, own: ['inspect'], budgetKb: 8 },
  { name: 'io, whole', source: `export * from '@gradloom/io'`, own: ['io'], budgetKb: 6, ceilingKb: 7.3 },
  {
    name: 'backend-cpu + blas-wasm, whole',
    source: `export * from '@gradloom/backend-cpu'; export * as blas from '@gradloom/blas-wasm'`,
    own: ['backend-cpu', 'blas-wasm'],
    budgetKb: 45,
    ceilingKb: 63.5,
  },
  {
    name: 'backend-cpu inline, as loaded',
    source: `export * from '@gradloom/backend-cpu'`,
    own: ['backend-cpu', 'blas-wasm'],
    budgetKb: 45,
    ceilingKb: 49.9,
    loads: ['backend-cpu/src/inline.ts'],
  },
  {
    name: 'backend-cpu in a worker, as loaded',
    source: `export * from '@gradloom/backend-cpu'`,
    own: ['backend-cpu', 'blas-wasm'],
    budgetKb: 45,
    ceilingKb: 59.7,
    loads: ['backend-cpu/src/worker/remote.ts'],
    script: 'packages/backend-cpu/src/worker/entry.ts',
  },
  {
    name: 'backend-webgpu, whole',
    source: `export * from '@gradloom/backend-webgpu'`,
    own: ['backend-webgpu'],
    budgetKb: 35,
    ceilingKb: 39,
  },
  {
    name: 'backend-webgpu, as loaded',
    source: `export * from '@gradloom/backend-webgpu'`,
    own: ['backend-webgpu'],
    budgetKb: 35,
    loads: [],
  },
  {
    name: "a newcomer's MNIST trainer, in a page",
    source: trainer,
    own: ['gradloom', 'core', 'ops', 'nn', 'optim', 'io', 'backend-cpu', 'blas-wasm'],
    budgetKb: 72,
    ceilingKb: 103.8,
    loads: ['backend-cpu/src/worker/remote.ts'],
    script: 'packages/backend-cpu/src/worker/entry.ts',
  },
]
