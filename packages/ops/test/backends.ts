import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { createRuntime, type HostArray, type Runtime, type Tensor } from '@gradloom/core'

/** Runtimes that must agree. */
export const runtimes: { readonly [name: string]: Runtime } = {
  reference: createRuntime({ backends: [reference()] }),
  cpu: createRuntime({ backends: [cpu()] }),
}
export const closeAll = (): Promise<unknown> => Promise.all(Object.values(runtimes).map((rt) => rt.close()))

/** The values of a tensor on every backend. */
export const everywhere = (t: Tensor): Promise<HostArray[]> =>
  Promise.all(Object.values(runtimes).map(async (rt) => (await rt.evaluate([t]))[0]))
