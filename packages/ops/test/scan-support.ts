import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { afterAll, beforeAll } from 'vitest'
import {
  createRuntime,
  setRuntime,
  tensor,
  type Backend,
  type Plan,
  type Runtime,
  type Step,
  type Tensor,
} from '@gradloom/core'

export const without = (backend: Backend): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, kernels: backend.capabilities.kernels.filter((k) => k !== 'scan') },
})
export const runtimes: { readonly [name: string]: Runtime } = {
  interpreted: createRuntime({ backends: [reference()] }),
  fused: createRuntime({ backends: [{ ...reference(), capabilities: { ...reference().capabilities, fuse: true } }] }),
  unrolled: createRuntime({ backends: [without(reference())] }),
  cpu: createRuntime({ backends: [cpu()] }),
  threads: createRuntime({ backends: [cpu({ threads: 2 })] }),
}
export const rt = runtimes.fused
beforeAll(() => setRuntime(rt))
afterAll(() => Promise.all(Object.values(runtimes).map((r) => r.close())))

export const scans = (plan: Plan): Extract<Step, { type: 'scan' }>[] =>
  plan.steps.flatMap((s) => (s.type === 'scan' ? [s] : []))
export const values = (shape: readonly number[], salt = 0): Tensor =>
  tensor(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(2.3 * i + salt)),
    { dtype: 'float64' },
  ).reshape(shape)
