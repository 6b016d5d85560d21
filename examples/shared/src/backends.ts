import { cpu } from '@gradloom/backend-cpu'
import { webgpu } from '@gradloom/backend-webgpu'
import { nodeGpu } from '@gradloom/backend-webgpu/node'
import { reference } from '@gradloom/conformance'
import type { Backend } from '@gradloom/core'

const BACKENDS = {
  cpu: () => [cpu()],
  // What WebGPU has no kernel or dtype for runs on the processor.
  webgpu: () => [webgpu({ gpu: nodeGpu }), cpu()],
  reference: () => [reference()],
}

/** The flag of the examples. */
export const BACKEND_FLAG = {
  default: 'cpu',
  about: 'cpu; webgpu: on a GPU, or Chromium in its place; or reference: slow, what the others are checked against',
} as const

/** Backends by name. @throws RangeError */
export function backendsOf(name: string): readonly Backend[] {
  if (Object.hasOwn(BACKENDS, name)) return BACKENDS[name as keyof typeof BACKENDS]()
  throw new RangeError(`--backend: ${Object.keys(BACKENDS).join(', ')} required, got '${name}'`)
}
