import type { Evaluates } from '../graph/ambient.ts'
import { apply } from '../graph/apply.ts'
import { topological } from '../graph/walk.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { Backend, DeviceBuffer } from '../plan/backend.ts'
import { specialise } from '../compile/specialise.ts'
import { BackendError, NaNError } from '../errors.ts'
import { hostArray, type HostArray } from '../host.ts'
import { valueOp } from '../ops/leaf.ts'
import type { PlanOutput } from '../plan/plan.ts'
import { bindInputs, markWritten, variablesOf } from './bind.ts'
import { programOf } from './context.ts'
import { executeParts, runPart, type Given, type Verify } from './execute.ts'
import type { Feeds } from './feeds.ts'
import type { Watch } from './finite.ts'
import type { Prepared } from './planCache.ts'
import { waits, type Programs } from './programs.ts'
import type { Queue } from './queue.ts'
import type { Settling } from './settle.ts'
import type { Runnable } from './structure.ts'
import { variableOf } from './variable.ts'

/** Calls the backends for programs that are ready. */
export interface Calls {
  call(program: Runnable, prepared: Prepared, feeds: Feeds, keep: boolean): Promise<(HostArray | Tensor)[]>
  /** @throws BackendError where the backend does not run inline */
  callSync(program: Runnable, feeds: Feeds): HostArray[]
  /** Runs a program for what it may fail with: variables stay as they are. */
  probe(program: Runnable, feeds: Feeds): Promise<[]>
  /** What requires a run to give numbers. */
  verified(program: Runnable, prepared: Prepared, feeds: Feeds): Verify
  /** Loads what looks for those that are none. */
  watchFor(): Promise<Watch>
}

/** @param isWatched whether runs must give numbers */
export function createCalls(
  programs: Programs,
  backends: readonly Backend[],
  queue: Queue,
  settleParts: Settling['settleParts'],
  owner: Evaluates,
  isWatched: boolean,
): Calls {
  const { structureOf } = programs
  let watch: Watch | null = null

  /** What a run gives for an output: a host array, or a tensor of a value that stays on its device. */
  const resultOf = (given: Given, { shape, dtype }: PlanOutput, backend: Backend): HostArray | Tensor => {
    if (ArrayBuffer.isView(given)) return hostArray(given, shape, dtype)
    const device = given as DeviceBuffer
    const free = (): void => {
      queue.inTurn(() => device.dispose())
    }
    return apply(valueOp, [], { shape, dtype, device, owner, backend, free })
  }

  const watchFor = async (): Promise<Watch> =>
    (watch ??= (await import('./finite.ts')).createWatch({ specialise, topological, hostArray, NaNError }))
  const verified =
    (program: Runnable, prepared: Prepared, feeds: Feeds): Verify =>
    (values) =>
      watch!.verify(program, prepared, values, async (outputs) => {
        const further = programOf(outputs, [], feeds)
        const ready = await programs.lookUp(further)
        await settleParts(further, ready)
        return call(further, ready, feeds, false, false) as Promise<HostArray[]>
      })

  /** Runs a program for what it may fail with: variables stay as they are. */
  async function probe(program: Runnable, feeds: Feeds): Promise<[]> {
    await watchFor()
    const prepared = await programs.prepare(program, backends, true)
    try {
      await settleParts(program, prepared)
      const bind = bindInputs(structureOf(program), feeds)
      const values = await executeParts(prepared, bind, true, verified(program, prepared, feeds))
      for (const { given } of values.values()) (given as DeviceBuffer).dispose()
      return []
    } finally {
      for (const { executable } of prepared.parts) executable.dispose()
    }
  }

  async function call(
    program: Runnable,
    prepared: Prepared,
    feeds: Feeds,
    keep: boolean,
    isVerified = isWatched,
  ): Promise<(HostArray | Tensor)[]> {
    const { parts, results, updates } = prepared
    const s = structureOf(program)
    const bind = bindInputs(s, feeds)
    const [part] = parts
    if (!isVerified && parts.length === 1 && !updates.length) {
      const bound = part.plan.inputs.map((_, i) => bind(part, i))
      const isThere = !bound.some((b) => b instanceof Promise)
      const inputs = isThere ? (bound as Given[]) : await Promise.all(bound.map(async (b) => b))
      markWritten(s, part)
      const given = await runPart(
        part,
        inputs,
        part.plan.outputs.map(() => keep),
      )
      return given.map((g, i) => resultOf(g, part.plan.outputs[i], part.backend))
    }
    const values = await executeParts(prepared, bind, keep, isVerified ? verified(program, prepared, feeds) : undefined)
    for (const { variable, value } of updates) {
      const { given, backend } = values.get(value)!
      variableOf(variable.node).replace(backend, given as DeviceBuffer)
    }
    return results.map((value) => {
      const { given, backend, output } = values.get(value)!
      return resultOf(given, output, backend)
    })
  }

  function callSync(program: Runnable, feeds: Feeds, isVerified = isWatched): HostArray[] {
    const prepared = programs.lookUpSync(program)
    const [part, ...rest] = prepared.parts
    if (rest.length || part.executable.runSync === undefined) return waits(part.backend)
    const s = structureOf(program)
    if (!queue.isIdle && variablesOf(s, part).length)
      throw new BackendError('runtime: earlier calls have not ended; await data() instead')
    const bind = bindInputs(s, feeds)
    const inputs = part.plan.inputs.map((_, i) => bind(part, i))
    if (inputs.some((x) => x instanceof Promise)) return waits(part.backend)
    const given = part.executable.runSync(
      inputs as Given[],
      part.plan.outputs.map(() => false),
    )
    const values = given.map((g, i) => resultOf(g, part.plan.outputs[i], part.backend) as HostArray)
    if (isVerified)
      watch!.verifySync(program, values, (outputs) => callSync(programOf(outputs, [], feeds), feeds, false))
    return values
  }
  return { call, callSync, probe, verified, watchFor }
}
