import type { Backend, DeviceBuffer, Executable } from '../backend.ts'
import { compile, type Compiled, type Program } from '../compile/compile.ts'
import type { TypedArray } from '../dtype.ts'
import { BackendError, FeedError, KernelError } from '../errors.ts'
import type { HostArray } from '../host.ts'
import type { Plan } from '../compile/plan.ts'
import type { PlaceholderAttrs, ValueAttrs, VariableAttrs } from '../ops/leaf.ts'
import type { Registry } from '../registry.ts'
import { show } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { structure, type Structure } from './structure.ts'
import type { Variable } from './variable.ts'

/** A plan on a backend. `slots[i]`: which leaf of the program's structure plan input i is. */
export interface Prepared { readonly backend: Backend; readonly plan: Plan; readonly executable: Executable; readonly slots: readonly number[] }

/** The data of one run. */
export interface RunData { readonly feeds: ReadonlyMap<string, HostArray>; readonly keep: boolean }

/** Prepared plans that stay: enough for the programs of a session, few enough to bound what they hold. */
const MAX_PREPARED = 128

/** Compiles, caches and runs programs on the first backend that can. */
export interface Engine {
  prepare(program: Program): Promise<Prepared>
  prepareSync(program: Program): Prepared
  run(program: Program, data: RunData): Promise<(TypedArray | DeviceBuffer)[]>
  runSync(program: Program, data: RunData): (TypedArray | DeviceBuffer)[]
  start(): Promise<void>
  close(): Promise<void>
  /** How many plans were compiled. */
  readonly compiled: number
}

export function createEngine(backends: readonly Backend[], registry: Registry): Engine {
  const prepared = new Map<string, { readonly entry: Prepared }>(), numbers = new WeakMap<object, number>(), structures = new WeakMap<Program, Structure>()
  let count = 0, opCount = 0, closed = false, starting: Promise<void> | null = null
  const opNumber = (op: object): number => {
    const n = numbers.get(op) ?? opCount++
    numbers.set(op, n)
    return n
  }
  const start = (): Promise<void> => (starting ??= Promise.all(backends.map((b) => b.start())).then(() => undefined))
  const open = (): void => { if (closed) throw new BackendError('runtime: it was closed; create another') }

  /** The plan for the first backend that has all of it. */
  function choose(program: Program): { backend: Backend; compiled: Compiled } {
    const reasons: string[] = []
    for (const backend of backends) {
      try {
        return { backend, compiled: compile(program, { name: backend.name, capabilities: backend.capabilities, kernels: registry.kernels(backend.name) }) }
      } catch (error) {
        if (!(error instanceof KernelError)) throw error
        reasons.push(error.message)
      }
    }
    throw new KernelError(reasons.join('\n'))
  }
  function keep(key: string, entry: Prepared): Prepared {
    prepared.set(key, { entry })
    count++
    if (prepared.size > MAX_PREPARED) {
      const [oldest, { entry: old }] = prepared.entries().next().value!
      prepared.delete(oldest)
      old.executable.dispose()
    }
    return entry
  }
  function find(program: Program): { key: string; leaves: readonly Tensor[]; entry: Prepared | undefined } {
    open()
    const s = structures.get(program) ?? structure(program, opNumber), { key, leaves } = s, entry = prepared.get(key)?.entry
    structures.set(program, s)
    if (entry) { prepared.delete(key); prepared.set(key, { entry }) }
    return { key, leaves, entry }
  }
  const slotsOf = (sources: readonly Tensor[], leaves: readonly Tensor[]): number[] => {
    const at = new Map(leaves.map((t, i) => [t, i]))
    return sources.map((t) => at.get(t)!)
  }
  async function lookUp(program: Program): Promise<{ entry: Prepared; leaves: readonly Tensor[] }> {
    await start()
    const { key, leaves, entry } = find(program)
    if (entry) return { entry, leaves }
    const { backend, compiled: { plan, sources } } = choose(program)
    const executable = await backend.prepare(plan, registry.kernels(backend.name))
    return { entry: keep(key, { backend, plan, executable, slots: slotsOf(sources, leaves) }), leaves }
  }
  function lookUpSync(program: Program): { entry: Prepared; leaves: readonly Tensor[] } {
    const { key, leaves, entry } = find(program)
    if (entry) return { entry, leaves }
    const { backend, compiled: { plan, sources } } = choose(program)
    if (!backend.prepareSync) throw new BackendError(`runtime: backend ${backend.name} does not run synchronously; await data() instead`)
    const executable = backend.prepareSync(plan, registry.kernels(backend.name))
    return { entry: keep(key, { backend, plan, executable, slots: slotsOf(sources, leaves) }), leaves }
  }

  function bind({ backend, plan, slots }: Prepared, leaves: readonly Tensor[], { feeds }: RunData): (TypedArray | DeviceBuffer)[] {
    return plan.inputs.map((input, i) => {
      const leaf = leaves[slots[i]], { attrs } = leaf.node
      if (input.kind === 'variable') return (attrs as VariableAttrs & { variable: Variable }).variable.buffer(backend)
      if (input.kind === 'feed') {
        const host = feeds.get(input.name), { shape, dtype } = attrs as PlaceholderAttrs
        if (!host) throw new FeedError(`${input.name}: a feed is missing, ${dtype} ${show(shape)} expected; feed it`)
        return host.data
      }
      return (leaf.node.op.leaf && (attrs as ValueAttrs).device) || ((leaf.memo ?? (attrs as ValueAttrs).host)!.data)
    })
  }
  const variablesOf = (leaves: readonly Tensor[]): Variable[] => leaves.flatMap((t) => (t.node.op.leaf === 'variable' ? [(t.node.attrs as unknown as { variable: Variable }).variable] : []))
  const flags = (plan: Plan, value: boolean): boolean[] => plan.outputs.map(() => value)

  return {
    start,
    get compiled() { return count },
    prepare: async (program) => (await lookUp(program)).entry,
    prepareSync: (program) => lookUpSync(program).entry,
    async run(program, data) {
      const { entry, leaves } = await lookUp(program)
      for (const v of variablesOf(leaves)) await v.settle(entry.backend)
      return entry.executable.run(bind(entry, leaves, data), flags(entry.plan, data.keep))
    },
    runSync(program, data) {
      const { entry, leaves } = lookUpSync(program)
      if (!entry.executable.runSync) throw new BackendError(`runtime: backend ${entry.backend.name} does not run synchronously; await data() instead`)
      return entry.executable.runSync(bind(entry, leaves, data), flags(entry.plan, data.keep))
    },
    async close() {
      closed = true
      for (const { entry } of prepared.values()) entry.executable.dispose()
      prepared.clear()
      await Promise.all(backends.map((b) => b.close()))
    },
  }
}
