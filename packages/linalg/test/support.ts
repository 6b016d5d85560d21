import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { createRuntime, type HostArray, type Tensor } from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { linalg } from '../src/index.ts'

export const onCpu = createRuntime({ backends: [cpu({ threads: 1 })], plugins: [linalg] })
export const onReference = createRuntime({ backends: [reference()], plugins: [linalg] })
export const closeAll = (): Promise<unknown> => Promise.all([onCpu.close(), onReference.close()])

/** Values on the cpu backend. */
export const values = async (...tensors: readonly Tensor[]): Promise<HostArray[]> => onCpu.evaluate([...tensors])
export const valueOf = async (t: Tensor): Promise<HostArray> => (await values(t))[0]

/** Normal numbers in float64. */
export const random = (shape: readonly number[], seed: number): Tensor =>
  createRng(seed).normal([...shape], { dtype: 'float64' })

/** The largest magnitude. */
export const largest = (a: HostArray): number => Array.from(a.data).reduce((m, v) => Math.max(m, Math.abs(v)), 0)

export const EPS: number = 2 ** -52
