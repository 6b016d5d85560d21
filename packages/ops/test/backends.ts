import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { createRuntime, grad, tensor, type DType, type HostArray, type Runtime, type Tensor } from '@gradloom/core'
import { expect } from 'vitest'

/** Runtimes that must agree. */
export const runtimes: { readonly [name: string]: Runtime } = {
  reference: createRuntime({ backends: [reference()] }),
  cpu: createRuntime({ backends: [cpu()] }),
}
export const closeAll = (): Promise<unknown> => Promise.all(Object.values(runtimes).map((rt) => rt.close()))

/** The values of a tensor on every backend. */
export const everywhere = (t: Tensor): Promise<HostArray[]> =>
  Promise.all(Object.values(runtimes).map(async (rt) => (await rt.evaluate([t]))[0]))

export const of = (dtype: DType, ...data: number[]): Tensor => tensor(data, { dtype })
export const f64 = (...data: number[]): Tensor => of('float64', ...data)

/** The gradients of the sum of fn to `order`, each in x. */
export function derivatives(fn: (x: Tensor) => Tensor, x: Tensor, order: number): Tensor {
  let y = fn(x)
  for (let i = 0; i < order; i++) [y] = grad([y], [x], { allowUnused: true })
  return y
}
/** Holds values on every backend to those wanted: relative errors below `digits`; 0 and what is not finite exactly. */
export async function expectAll(t: Tensor, want: readonly number[], digits = 1e-14): Promise<void> {
  for (const { data } of await everywhere(t))
    Array.from(data, Number).forEach((v, i) => {
      if (!Number.isFinite(want[i]) || want[i] === 0) expect(v).toBe(want[i])
      else expect(Math.abs(v / want[i] - 1), `${v} for ${want[i]}`).toBeLessThan(digits)
    })
}
