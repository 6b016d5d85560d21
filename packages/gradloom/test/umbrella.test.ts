import * as core from '@gradloom/core'
import * as checkpoint from '@gradloom/checkpoint'
import * as inspect from '@gradloom/inspect'
import * as io from '@gradloom/io'
import * as ioNode from '@gradloom/io/node'
import * as linalg from '@gradloom/linalg'
import * as nn from '@gradloom/nn'
import * as ops from '@gradloom/ops'
import * as optim from '@gradloom/optim'
import { cpu } from '@gradloom/backend-cpu'
import * as worker from '@gradloom/backend-cpu/worker'
import * as gpuNode from '@gradloom/backend-webgpu/node'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import * as gradloom from '../src/index.ts'
import * as node from '../src/node.ts'
import * as own from '../src/worker.ts'
import * as gpu from '../src/webgpu-node.ts'

test('one name has everything: arrays flat, the rest under the name of its package', () => {
  expect({ ...gradloom }).toEqual({ ...core, ...ops, checkpoint, cpu, inspect, io, linalg, nn, optim })
  expect([{ ...node }, { ...own }, { ...gpu }]).toEqual([{ ...ioNode }, { ...worker }, { ...gpuNode }])
})

test('no name of core is one of ops, checkpoint, cpu, inspect, io, linalg, nn or optim', () => {
  const taken = [...Object.keys(ops), 'checkpoint', 'cpu', 'inspect', 'io', 'linalg', 'nn', 'optim']
  expect(Object.keys(core).filter((name) => taken.includes(name))).toEqual([])
})

/** What a page that has this source weighs, in bytes. */
async function weigh(source: string): Promise<number> {
  const build = await rolldown({
    input: 'entry',
    platform: 'browser',
    external: (name) => name.startsWith('node:'),
    resolve: { conditionNames: ['@gradloom/source', 'import', 'browser', 'default'] },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? `${import.meta.dirname}/entry.js` : null),
        load: (id) => (id.endsWith('/entry.js') ? source : null),
      },
    ],
  })
  const { output } = await build.generate({ format: 'esm', minify: true })
  await build.close()
  return output.reduce((sum, file) => sum + (file.type === 'chunk' ? file.code.length : 0), 0)
}

test.each([
  [
    'tensors and gradients',
    "export { exp, grad, matmul, sum, tensor } from 'gradloom'",
    "export { exp, grad, matmul, sum, tensor } from '@gradloom/core'",
  ],
  [
    'a layer and an optimizer',
    "import { nn, optim } from 'gradloom'; export const used = [nn.relu, nn.layers.linear, optim.sgd]",
    "import { layers, relu } from '@gradloom/nn'; import { sgd } from '@gradloom/optim'; " +
      'export const used = [relu, layers.linear, sgd]',
  ],
  ['the backend', "export { cpu } from 'gradloom'", "export { cpu } from '@gradloom/backend-cpu'"],
  [
    'explanations',
    "import { inspect } from 'gradloom'; export const f = inspect.explain",
    "export { explain } from '@gradloom/inspect'",
  ],
  [
    'a factor',
    "import { linalg } from 'gradloom'; export const used = [linalg.cholesky, linalg.choleskyPlugin]",
    "import { cholesky, choleskyPlugin } from '@gradloom/linalg'; export const used = [cholesky, choleskyPlugin]",
  ],
  ['files', "import { io } from 'gradloom'; export const f = io.decodeNpy", "export { decodeNpy } from '@gradloom/io'"],
])('%s weigh what they do in their own packages', async (_, whole, parts) => {
  expect(Math.abs((await weigh(whole)) - (await weigh(parts)))).toBeLessThan(40)
})
