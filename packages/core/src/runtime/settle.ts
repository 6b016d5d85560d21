import { knownValues } from '../compile/known.ts'
import { BackendError } from '../errors.ts'
import type { Evaluates } from '../graph/ambient.ts'
import { runtimeOf, Tensor } from '../graph/tensor.ts'
import type { Backend, DeviceBuffer } from '../plan/backend.ts'
import { bindInputs, variablesOf } from './bind.ts'
import { executeParts, type Verify } from './execute.ts'
import { FIRST_RUN } from './feeds.ts'
import type { Prepared } from './planCache.ts'
import type { Programs } from './programs.ts'
import type { Runnable } from './structure.ts'
import type { Variable } from './variable.ts'

/** Brings variables to where they are needed. */
export interface Settling {
  /** Computes the graphs that variables were set to, all together and if it can on `backend`, and uploads data. */
  settle(variables: readonly Variable[], backend: Backend): Promise<void>
  /** Settles what the parts of a program read and write. */
  settleParts(program: Runnable, prepared: Prepared): Promise<void>
}

/** A value on the backend that computed it. */
interface Computed {
  readonly backend: Backend
  readonly buffer: DeviceBuffer
}

/** The program that computes one value. */
const programOf = (value: Tensor): Runnable => ({
  outputs: [value],
  updates: [],
  shapes: new Map(),
  isKnown: knownValues([value]),
})

/** @param owner the runtime
 * @param verifyOf what looks at values before variables take them */
export function createSettling(
  { structureOf, prepare, makeRoom }: Programs,
  backends: readonly Backend[],
  owner: Evaluates,
  verifyOf: (program: Runnable, prepared: Prepared) => Verify | undefined,
): Settling {
  async function compute(list: readonly Runnable[], first: Backend): Promise<Computed[]> {
    const order = [first, ...backends.filter((b) => b !== first)]
    // Programs alike share a plan, of which nothing stays.
    const shared = new Map<string, Prepared>()
    const computed: Computed[] = []
    try {
      for (const program of list) {
        const s = structureOf(program)
        const prepared = shared.get(s.key) ?? (await prepare(program, order))
        shared.set(s.key, prepared)
        await settleParts(program, prepared)
        const verify = verifyOf(program, prepared)
        const values = await makeRoom(() => executeParts(prepared, bindInputs(s, FIRST_RUN), true, verify))
        const { given, backend } = values.get(prepared.results[0])!
        computed.push({ backend, buffer: given as DeviceBuffer })
      }
      return computed
    } catch (error) {
      for (const { buffer } of computed) buffer.dispose()
      throw error
    } finally {
      for (const { parts } of shared.values()) for (const { executable } of parts) executable.dispose()
    }
  }
  /** @throws BackendError for variables of another runtime, whose calls these would not wait for */
  async function settle(variables: readonly Variable[], backend: Backend): Promise<void> {
    for (const v of variables)
      if (runtimeOf(v.tensor) !== owner) throw new BackendError(`${v.name}: a variable of another runtime; load a copy`)
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
        if (host) return backend.upload(host.data, v.dtype)
        // Throws where nobody has it.
        const buffer = v.buffer(home!)
        return backend.upload(await home!.download(buffer), v.dtype)
      }
      const buffer = await makeRoom(upload)
      if (pending) v.replace(backend, buffer)
      else v.addCopy(backend, buffer)
    }
  }
  async function settleParts(program: Runnable, { parts }: Prepared): Promise<void> {
    const s = structureOf(program)
    for (const part of parts) await settle(variablesOf(s, part), part.backend)
  }
  return { settle, settleParts }
}
