import { BackendError, type Backend, type Plugin } from '@gradloom/core'
import type { Functions } from '../oracles/evaluate.ts'
import { reference } from '../reference/reference.ts'

type Module = Readonly<Record<string, unknown>>

/** The exports of a workspace package; none where it does not exist yet. */
async function exportsOf(name: string): Promise<Module> {
  try {
    return { ...((await import(name)) as Module) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) return {}
    throw error
  }
}

/** The public functions of every package that golden files may name, and the plugins that some of them need. */
export async function loadFunctions(): Promise<{
  functions: Functions
  optimizers: Functions
  plugins: readonly Plugin[]
}> {
  const [core, ops, nn, linalg, optimizers] = await Promise.all(
    ['core', 'ops', 'nn', 'linalg', 'optim'].map((p) => exportsOf(`@gradloom/${p}`)),
  )
  const plugins = 'linalg' in linalg ? [linalg['linalg'] as Plugin] : []
  return { functions: { ...core, ...ops, ...nn, ...linalg }, optimizers, plugins }
}

/** A backend by the name that the command line takes. @throws BackendError for one that is not there */
export async function createBackend(name: string): Promise<Backend> {
  if (name === 'reference') return reference()
  if (name === 'cpu') {
    const { cpu } = await exportsOf('@gradloom/backend-cpu')
    if (typeof cpu === 'function') return (cpu as (options?: object) => Backend)()
  }
  if (name === 'webgpu') {
    const { webgpu } = await exportsOf('@gradloom/backend-webgpu')
    const { nodeGpu } = await exportsOf('@gradloom/backend-webgpu/node')
    if (typeof webgpu === 'function') return (webgpu as (options?: object) => Backend)({ gpu: nodeGpu })
  }
  throw new BackendError(`oracles: backend ${name} is not built; choose reference, cpu or webgpu where they are`)
}
