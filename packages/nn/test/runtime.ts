import { afterAll, beforeAll, expect } from 'vitest'
import { reference } from '@gradloom/conformance'
import { createRuntime, hostArray, setRuntime, tensor, type Runtime, type Tensor } from '@gradloom/core'

/** A current runtime for the tests of a file. */
export function withRuntime(): () => Runtime {
  let runtime: Runtime
  beforeAll(() => {
    setRuntime((runtime = createRuntime({ backends: [reference()] })))
  })
  afterAll(() => runtime.close())
  return () => runtime
}

/** Signed values of which no two are alike, float64. */
export function values(shape: readonly number[], salt = 0, scale = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1)
  return tensor(
    hostArray(
      Float64Array.from(
        { length: size },
        (_, i) => scale * Math.sin(12.9898 * (i + 1) + 78.233 * (salt + 1)) * (1 + (i % 3) / 2),
      ),
      shape,
    ),
  )
}
export const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'float64' })
export const int = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'int32' })
export const list = async (t: Tensor): Promise<number[]> => [...(await t.data())]
/** A thrown error of this name whose message names the op and `said`. */
export const refusal = (name: string, op: string, said = ''): unknown =>
  expect.objectContaining({ name, message: expect.stringMatching(new RegExp(`^${op}: .*${said}`)) as string })
