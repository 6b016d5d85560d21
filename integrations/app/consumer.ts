// Compiled, not run: what the packages declare must hold by itself, without Node's types.
import { cpu, type CpuKernel, type CpuOptions } from '@gradloom/backend-cpu'
import { serve } from '@gradloom/backend-cpu/worker'
import { webgpu, type WebgpuOptions } from '@gradloom/backend-webgpu'
import { nodeGpu } from '@gradloom/backend-webgpu/node'
import { createBlas, type Blas } from '@gradloom/blas-wasm'
import { reference } from '@gradloom/conformance'
import { createRuntime, type Backend, type Plugin, type Runtime } from '@gradloom/core'
import { encodeSafetensors } from '@gradloom/io'
import { relu } from '@gradloom/nn'
import { adam } from '@gradloom/optim'

const options: CpuOptions = { placement: 'worker', worker: () => new Worker('executor.js', { type: 'module' }) }
const kernel: CpuKernel<{ by: number }> = ({ inputs: [x], outputs: [y], attrs }) => {
  y.data.set(x.data.map((v) => v * attrs.by))
}
const plugin: Plugin = { name: 'acme', ops: [], kernels: { cpu: { 'acme/scale': kernel } } }
const gpu: WebgpuOptions = { gpu: nodeGpu, powerPreference: 'low-power' }
export const backends: readonly Backend[] = [webgpu(gpu), cpu(options), reference()]
export const runtime: Runtime = createRuntime({ backends, plugins: [plugin] })
export const blas: Promise<Blas> = createBlas({})
export const functions = { serve, encodeSafetensors, relu, adam }
