import { knownValues } from '../compile/known.ts'
import { Tensor } from '../graph/tensor.ts'
import type { Backend, DeviceBuffer } from '../plan/backend.ts'
import type { Runnable } from './structure.ts'
import type { Variable } from './variable.ts'

/** A value on the backend that computed it. */
export interface Computed {
  readonly backend: Backend
  readonly buffer: DeviceBuffer
}

/** What bringing variables to a backend takes. */
export interface Settling {
  /** Computes graphs, if it can on `backend`. */
  compute(programs: readonly Runnable[], backend: Backend): Promise<Computed[]>
  /** See {@link Programs.makeRoom}. */
  makeRoom<T>(body: () => Promise<T>): Promise<T>
}

/** The program that computes one value. */
const programOf = (value: Tensor): Runnable => ({
  outputs: [value],
  updates: [],
  shapes: new Map(),
  isKnown: knownValues([value]),
})

/** Brings variables to a backend: computes the graphs that they were set to, all together, and uploads data. */
export async function settleVariables(
  variables: readonly Variable[],
  backend: Backend,
  { compute, makeRoom }: Settling,
): Promise<void> {
  const graphs = variables.flatMap((variable) => {
    const { pending } = variable
    return pending instanceof Tensor && !pending.memo ? [{ variable, program: programOf(pending) }] : []
  })
  if (graphs.length) {
    const computed = await compute(
      graphs.map((g) => g.program),
      backend,
    )
    graphs.forEach(({ variable }, i) => variable.replace(computed[i].backend, computed[i].buffer))
  }
  for (const v of variables) {
    if (v.isOn(backend)) continue
    const { pending, home } = v
    const upload = async (): Promise<DeviceBuffer> => {
      const host = pending instanceof Tensor ? pending.memo : pending
      const data = host ? host.data : await home!.download(v.buffer(home!))
      return backend.upload(data, v.dtype)
    }
    if (!pending && !home) v.buffer(backend)
    const buffer = await makeRoom(upload)
    if (pending) v.replace(backend, buffer)
    else v.addCopy(backend, buffer)
  }
}
