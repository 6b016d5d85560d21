import { knownValues } from '../compile/known.ts'
import { gradientsLike } from '../functions/grad.ts'
import { ambient } from '../graph/ambient.ts'
import { Tensor, type Told } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import type { HostArray } from '../host.ts'
import type { Engine } from './engine.ts'
import type { Runnable } from './structure.ts'

/** A program that gives also what hooks are told. */
export interface Watched {
  readonly program: Runnable
  /** Tells hooks the values that came after the program's own results. */
  tell(values: readonly HostArray[]): void
  /** `ambient.hookings` when it was made. */
  readonly at: number
}

/** The engine, with hooks of tensors served. */
export function watching(engine: Engine): Engine {
  const { plans, run, runSync } = engine
  const runServed: Engine['run'] = async (program, feeds, keep) => {
    const { program: more, tell } = served(program)
    const values = await run(more, feeds, keep)
    const rest = values.splice(program.outputs.length)
    try {
      if (rest.length) tell(await Promise.all(rest.map(toHost)))
    } catch (error) {
      for (const value of values) if (value instanceof Tensor) value.dispose()
      throw error
    }
    return values
  }
  return Object.assign(engine, {
    plans: (program) => plans(served(program).program),
    run: (program, feeds, keep) => (ambient.hooks ? runServed : run)(program, feeds, keep),
    runSync(program, feeds) {
      const { program: more, tell } = served(program)
      const values = runSync(more, feeds)
      tell(values.splice(program.outputs.length))
      return values
    },
  } satisfies Partial<Engine>)
}

/** A value for the host alone. */
async function toHost(value: HostArray | Tensor): Promise<HostArray> {
  if (!(value instanceof Tensor)) return value
  try {
    return await value.eval()
  } finally {
    value.dispose()
  }
}

/** The program with what hooks ask for: itself where there are none. */
function served(program: Runnable): Omit<Watched, 'at'> {
  const { hooks, hookings: at } = ambient
  if (!hooks) return { program, tell: () => undefined }
  if (program.watched?.at !== at) program.watched = { at, ...watch(program) }
  return program.watched
}

function watch(program: Runnable): Omit<Watched, 'at'> {
  const { outputs, updates, isKnown } = program
  const told: (Told & { readonly value: Tensor })[] = []
  const asks = ({ hooks }: Tensor, gradient: boolean): boolean => [...hooks].some((h) => h.gradient === gradient)
  const behind = topological([...outputs, ...updates.map((u) => u.value)], isKnown).filter((node) => !isKnown(node))
  for (const { outputs: values } of behind)
    for (const value of values) if (asks(value, false)) told.push({ tensor: value, value, gradient: false })
  for (const node of behind) {
    const ys = node.op.readsGraph?.(node.inputs, node.attrs).to ?? []
    // In the order in which they are computed.
    const xs = topological(ys)
      .reverse()
      .flatMap((n) => n.outputs.filter((x) => asks(x, true)))
    gradientsLike(node, xs).forEach((value, i) => told.push({ tensor: xs[i], value, gradient: true }))
  }
  const all = [...outputs, ...told.map((x) => x.value)]
  return {
    program: told.length
      ? {
          ...program,
          outputs: all,
          isKnown: knownValues([...all, ...updates.map((u) => u.value)]),
          structure: undefined,
          watched: undefined,
        }
      : program,
    tell: (values) =>
      told.forEach(({ tensor, gradient }, i) => {
        for (const hook of tensor.hooks) if (hook.gradient === gradient) hook.fn(values[i], { tensor, gradient })
      }),
  }
}
