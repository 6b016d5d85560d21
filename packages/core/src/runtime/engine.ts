import type { Evaluates } from '../graph/ambient.ts'
import type { Backend, Bindings, DeviceBuffer, Executable } from '../plan/backend.ts'
import { compile, type Compiled, type Program } from '../compile/compile.ts'
import type { Plan } from '../plan/plan.ts'
import type { TypedArray } from '../dtype.ts'
import { BackendError, KernelError } from '../errors.ts'
import { held } from '../graph/ambient.ts'
import { hostArray, type HostArray } from '../host.ts'
import { getOrInsert } from '../map.ts'
import { deviceValue, type PlaceholderAttrs, type ValueAttrs } from '../ops/leaf.ts'
import type { Registry } from '../graph/registry.ts'
import type { Tensor } from '../graph/tensor.ts'
import { checkFeed } from './feeds.ts'
import { missingFeed } from '../compile/missingFeed.ts'
import { structure, type Runnable, type Structure } from './structure.ts'
import type { Variable } from './variable.ts'

/** A plan on a backend. `slots[i]`: which leaf of the program's structure plan input i is, or the constant that a
 * decomposition made. */
interface Prepared {
  readonly backend: Backend
  readonly plan: Plan
  readonly executable: Executable
  readonly slots: readonly (number | Tensor)[]
}
type Chosen = Compiled & { readonly backend: Backend; readonly kernels: ReadonlyMap<string, unknown> }
type Feeds = ReadonlyMap<string, HostArray>

/** Prepared plans that stay: enough for the programs of a session, few enough to bound what they hold. */
export const MAX_PREPARED = 128

/** Compiles, caches and runs programs on the first backend that can. */
export interface Engine {
  /** The runtime. */
  readonly owner: Evaluates
  plan(program: Runnable): Promise<Plan>
  /** Resolves to host arrays, or with `keep` to tensors of values that stay on the device. */
  run(program: Runnable, feeds: Feeds, keep?: boolean): Promise<(HostArray | Tensor)[]>
  /** @throws BackendError where the backend does not run inline */
  runSync(program: Runnable, feeds: Feeds): (HostArray | Tensor)[]
  start(): Promise<void>
  close(): Promise<void>
  /** How many plans were compiled. */
  readonly compiled: number
}

export function createEngine(backends: readonly Backend[], registry: Registry, owner: Evaluates): Engine {
  const prepared = new Map<string, Prepared>()
  const numbers = new WeakMap<object, number>()
  let count = 0
  let latest = ''
  let opCount = 0
  let closed = false
  let starting: Promise<unknown> | null = null
  const check = (): void => {
    if (closed) throw new BackendError('runtime: it was closed; create another')
  }
  const start = async (): Promise<void> => {
    check()
    await (starting ??= Promise.all(backends.map((b) => b.start())))
  }

  function structureOf(program: Runnable): Structure {
    check()
    return (program.structure ??= structure(program, (op) => getOrInsert(numbers, op, () => opCount++)))
  }
  /** A plan that is there already. Maps keep their order, so that the one not used for longest comes first. */
  function recall({ key }: Structure): Prepared | undefined {
    const entry = prepared.get(key)
    if (entry && key !== latest) {
      prepared.delete(key)
      prepared.set(key, entry)
    }
    latest = key
    return entry
  }
  /** The plan for the first backend that has all of it. */
  function choose(program: Program): Chosen {
    const reasons: string[] = []
    for (const backend of backends) {
      const { name, capabilities } = backend
      const kernels = registry.kernels(name)
      try {
        return { backend, kernels, ...compile(program, { name, capabilities, kernels }) }
      } catch (error) {
        if (!(error instanceof KernelError)) throw error
        reasons.push(error.message)
      }
    }
    throw new KernelError(reasons.join('\n'))
  }
  // The structures of runs that have not ended: their plans stay.
  const busy: string[] = []
  function keep({ key, leaves }: Structure, { backend, plan, sources }: Chosen, executable: Executable): Prepared {
    const at = new Map(leaves.map((t, i) => [t, i]))
    const entry = { backend, plan, executable, slots: sources.map((t) => at.get(t) ?? t) }
    prepared.set(key, entry)
    count++
    for (const [oldest, { executable: old }] of prepared) {
      if (prepared.size <= MAX_PREPARED || busy.includes(oldest)) continue
      prepared.delete(oldest)
      old.dispose()
    }
    return entry
  }
  // Runs that start together wait for one plan.
  const preparing = new Map<string, Promise<Prepared>>()
  async function prepare(program: Program, s: Structure): Promise<Prepared> {
    const chosen = choose(program)
    return keep(s, chosen, await chosen.backend.prepare(chosen.plan, chosen.kernels))
  }
  const lookUp = async (program: Program, s: Structure): Promise<Prepared> =>
    recall(s) ?? getOrInsert(preparing, s.key, () => prepare(program, s).finally(() => preparing.delete(s.key)))
  const waits = ({ name }: Backend): never => {
    throw new BackendError(`runtime: backend ${name} does not run synchronously; await data() instead`)
  }

  const bind = ({ backend, plan, slots }: Prepared, { leaves }: Structure, feeds: Feeds): Bindings =>
    plan.inputs.map(({ kind, name }, i) => {
      const slot = slots[i]
      const { node, memo } = typeof slot === 'number' ? leaves[slot] : slot
      const attrs = node.attrs as ValueAttrs & PlaceholderAttrs
      return kind === 'variable'
        ? variableOf(node).buffer(backend)
        : kind === 'feed'
          ? checkFeed(attrs, feeds.get(name) ?? missingFeed(attrs)).data
          : (node.op.leaf && attrs.device) || (memo ?? attrs.host)!.data
    })
  const wrap = (values: readonly (TypedArray | DeviceBuffer)[], { outputs }: Plan): (HostArray | Tensor)[] =>
    values.map((v, i) =>
      ArrayBuffer.isView(v) ? hostArray(v, outputs[i].shape, outputs[i].dtype) : deviceValue(v, outputs[i], owner),
    )

  return {
    owner,
    start,
    get compiled() {
      return count
    },
    async plan(program) {
      await start()
      return (await lookUp(program, structureOf(program))).plan
    },
    async run(program, feeds, keep = false) {
      await start()
      const s = structureOf(program)
      return held(busy, s.key, async () => {
        const entry = await lookUp(program, s)
        const variables = s.leaves.flatMap(({ node }) => (node.op.leaf === 'variable' ? variableOf(node) : []))
        // Again for values that are set meanwhile.
        do for (const v of variables) await v.settle(entry.backend)
        while (variables.some((v) => v.isPending))
        return wrap(
          await entry.executable.run(
            bind(entry, s, feeds),
            entry.plan.outputs.map(() => keep),
          ),
          entry.plan,
        )
      })
    },
    runSync(program, feeds) {
      const s = structureOf(program)
      let entry = recall(s)
      if (!entry) {
        const chosen = choose(program)
        entry = keep(s, chosen, chosen.backend.prepareSync?.(chosen.plan, chosen.kernels) ?? waits(chosen.backend))
      }
      return wrap(
        entry.executable.runSync?.(
          bind(entry, s, feeds),
          entry.plan.outputs.map(() => false),
        ) ?? waits(entry.backend),
        entry.plan,
      )
    },
    async close() {
      closed = true
      await starting?.catch(() => undefined)
      for (const { executable } of prepared.values()) executable.dispose()
      prepared.clear()
      await Promise.all(backends.map((b) => b.close()))
    },
  }
}

const variableOf = ({ attrs }: { readonly attrs: unknown }): Variable =>
  (attrs as { readonly variable: Variable }).variable
