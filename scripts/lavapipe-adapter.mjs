// Ends with an error unless WebGPU in Node runs on lavapipe and has float16 there: tests elsewhere would show nothing.
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './run.mjs'

const from = createRequire(path.join(root, 'packages', 'backend-webgpu', 'package.json'))
const { create } = await import(pathToFileURL(from.resolve('webgpu')).href)
const gpu = create([])
const adapter = await gpu.requestAdapter()
const { description } = adapter?.info ?? { description: 'none' }
const isRight = description.startsWith('llvmpipe') && adapter.features.has('shader-f16')
console.log(`adapter: ${description}${isRight ? '' : '; lavapipe with shader-f16 required'}`)
// What is left of the GPU keeps Node alive.
process.exit(isRight ? 0 : 1)
