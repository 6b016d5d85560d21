// What `pnpm size` measures: import sets, and the most that each may weigh minified and gzipped.
// Packages of the workspace that a set does not name count for nothing in it: users pay for them once.

const graphNames = ['tensor', 'grad', 'add', 'mul', 'exp', 'sum', 'matmul']

/**
 * `ceilingKb`: where a budget is missed on the record (docs/adr/0006, 0008), the weight above which the command fails.
 * `loads`: of the parts that are imported on demand, those that count. `script`: a worker's script, bundled whole and
 * weighed with the set.
 * @type {readonly { name: string, source: string, own: readonly string[], budgetKb: number, ceilingKb?: number, loads?:
 * readonly string[], script?: string }[]}
 */
export const sets = [
  { name: 'core, whole', source: `export * from '@gradloom/core'`, own: ['core'], budgetKb: 20, ceilingKb: 32.8 },
  {
    name: 'core, graph + grad + five ops',
    source: `export { ${graphNames.join(', ')} } from '@gradloom/core'`,
    own: ['core'],
    budgetKb: 8,
  },
  { name: 'nn, whole', source: `export * from '@gradloom/nn'`, own: ['nn'], budgetKb: 12 },
  { name: 'optim, whole', source: `export * from '@gradloom/optim'`, own: ['optim'], budgetKb: 8 },
  { name: 'io, whole', source: `export * from '@gradloom/io'`, own: ['io'], budgetKb: 6 },
  {
    name: 'backend-cpu + blas-wasm, whole',
    source: `export * from '@gradloom/backend-cpu'; export * as blas from '@gradloom/blas-wasm'`,
    own: ['backend-cpu', 'blas-wasm'],
    budgetKb: 45,
    ceilingKb: 57,
  },
  {
    name: 'backend-cpu inline, as loaded',
    source: `export * from '@gradloom/backend-cpu'`,
    own: ['backend-cpu', 'blas-wasm'],
    budgetKb: 45,
    loads: ['backend-cpu/src/inline.ts'],
  },
  {
    name: 'backend-cpu in a worker, as loaded',
    source: `export * from '@gradloom/backend-cpu'`,
    own: ['backend-cpu', 'blas-wasm'],
    budgetKb: 45,
    ceilingKb: 52,
    loads: ['backend-cpu/src/worker/remote.ts'],
    script: 'packages/backend-cpu/src/worker/entry.ts',
  },
]
