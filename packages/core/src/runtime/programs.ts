import type { Tensor } from '../graph/tensor.ts'
import type { Registry } from '../graph/registry.ts'
import type { Backend } from '../plan/backend.ts'
import { compile } from '../compile/pipeline.ts'
import type { Compiled, ProgramPart, Target } from '../compile/program.ts'
import { byteSize } from '../dtype.ts'
import { BackendError, OutOfMemoryError } from '../errors.ts'
import { sizeOf } from '../shape.ts'
import { getOrInsert } from '../map.ts'
import { isOutOfMemory } from './outOfMemory.ts'
import { createPlanCache, type Prepared, type PreparedPart, type Slot } from './planCache.ts'
import { structure, type Runnable, type Structure } from './structure.ts'

/** Programs made ready to run, and kept for the next call. */
export interface Programs {
  structureOf(program: Runnable): Structure
  /** One that is there already. */
  recall(program: Runnable): Prepared | undefined
  lookUp(program: Runnable): Promise<Prepared>
  /** @throws BackendError where the backend does not run inline */
  lookUpSync(program: Runnable): Prepared
  /** One that is not kept, for backends in this order of preference. */
  prepare(program: Runnable, order: readonly Backend[], isApart?: boolean): Promise<Prepared>
  /** Runs `body`; where memory is refused, again without what is kept for later. */
  makeRoom<T>(body: () => Promise<T>): Promise<T>
  /** What a program failed with; where memory ran out, with what to do. */
  explained(error: unknown, program: Runnable): Promise<unknown>
  dispose(): void
  /** How many were compiled. */
  readonly compiled: number
}

/** @param isBusy whether a run of a structure has not ended
 * @param isApart see {@link compile} */
export function createPrograms(
  backends: readonly Backend[],
  registry: Registry,
  isBusy: (key: string) => boolean,
  isApart: boolean,
): Programs {
  const opNumbers = new WeakMap<object, number>()
  const cache = createPlanCache(isBusy)
  let opCount = 0
  let compiled = 0

  const structureOf = (program: Runnable): Structure =>
    (program.structure ??= structure(program, (op) => getOrInsert(opNumbers, op, () => opCount++)))
  const targetsOf = (order: readonly Backend[]): Target[] =>
    order.map(({ name, capabilities }) => ({ name, capabilities, kernels: registry.kernels(name) }))
  function compileFor(program: Runnable, order: readonly Backend[], apart = isApart): Compiled {
    const plans = compile(program, targetsOf(order), apart)
    compiled++
    return plans
  }
  function slotsOf(program: Runnable, part: ProgramPart): Slot[] {
    const positions = new Map<Tensor, number>(structureOf(program).leaves.map((t, i) => [t, i]))
    return part.sources.map((source) => {
      if ('value' in source) return source
      const leaf = positions.get(source.leaf)
      return leaf === undefined ? { constant: source.leaf } : { leaf }
    })
  }
  async function makeRoom<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body()
    } catch (error) {
      if (!isOutOfMemory(error) || !cache.clearIdle()) throw error
      return body()
    }
  }
  async function prepare(program: Runnable, order: readonly Backend[], apart?: boolean): Promise<Prepared> {
    const chosen = compileFor(program, order, apart)
    const parts: PreparedPart[] = []
    try {
      for (const part of chosen.parts) {
        const { plan, gives } = part
        const backend = order[part.target]
        const executable = await makeRoom(() => backend.prepare(plan, registry.kernels(backend.name)))
        parts.push({ backend, plan, executable, slots: slotsOf(program, part), gives })
      }
    } catch (error) {
      for (const { executable } of parts) executable.dispose()
      throw error
    }
    return { ...chosen, parts }
  }
  function prepareSync(program: Runnable, part: ProgramPart): PreparedPart {
    const { plan, gives } = part
    const backend = backends[part.target]
    const executable = backend.prepareSync?.(plan, registry.kernels(backend.name)) ?? waits(backend)
    return { backend, plan, executable, slots: slotsOf(program, part), gives }
  }
  async function explained(error: unknown, program: Runnable): Promise<unknown> {
    if (!isOutOfMemory(error)) return error
    const { withAdvice } = await import('./advice.ts')
    return withAdvice(error, program, backends, {
      OutOfMemoryError,
      compile: (p) => compile(p, targetsOf(backends), isApart),
      byteLength: ({ shape, dtype }) => sizeOf(shape) * byteSize(dtype),
    })
  }
  const recall = (program: Runnable): Prepared | undefined => cache.get(structureOf(program).key)
  return {
    structureOf,
    recall,
    prepare,
    makeRoom,
    explained,
    async lookUp(program) {
      // What it is made of can have been computed since it was asked for: then it is another.
      const known = recall(program) ?? recall(Object.assign(program, { structure: undefined }))
      if (known) return known
      const prepared = await prepare(program, backends)
      cache.add(structureOf(program).key, prepared)
      return prepared
    },
    lookUpSync(program) {
      const known = recall(program)
      if (known) return known
      const chosen = compileFor(program, backends)
      const parts = chosen.parts.map((part) => prepareSync(program, part))
      const prepared = { ...chosen, parts }
      cache.add(structureOf(program).key, prepared)
      return prepared
    },
    dispose: () => cache.clear(),
    get compiled() {
      return compiled
    },
  }
}

/** @throws BackendError */
export function waits({ name }: Backend): never {
  throw new BackendError(`runtime: backend ${name} does not run synchronously; await data() instead`)
}
