// pnpm webgpu:lavapipe: the WebGPU backend in Node on lavapipe, a driver that has float16 and subgroups. Arguments go
// to vitest; without any, it is the conformance kit and the tests of numbers.
import path from 'node:path'
import { ensureLavapipe, ensurePackages } from './install.mjs'
import { root, run } from './run.mjs'

ensurePackages()
process.env.VK_ICD_FILENAMES = ensureLavapipe()
process.env.XDG_RUNTIME_DIR ??= path.join(root, 'node_modules', '.cache')
const tests = 'packages/backend-webgpu/test'
const chosen = process.argv.slice(2)
const standard = ['half', 'loss-scale', 'numerics', 'conformance'].map((name) => `${tests}/${name}.test.ts`)
const status = run('node', ['scripts/lavapipe-adapter.mjs'])
if (status !== 0) process.exit(status)
process.exit(run('vitest', ['run', ...(chosen.length ? chosen : standard)]))
