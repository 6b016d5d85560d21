import type { Evaluates } from '../ambient.ts'
import type { DeviceBuffer } from '../backend.ts'
import { checkDType, type DType, type TypedArray } from '../dtype.ts'
import { NameError, FeedError } from '../errors.ts'
import { hostArray, type ArrayLike, type HostArray } from '../host.ts'
import { deviceValue, placeholderOp, RUN_COUNTER, type PlaceholderAttrs } from '../ops/leaf.ts'
import { computed } from '../compile/specialise.ts'
import { checkShape, sameShape, show, type Shape } from '../shape.ts'
import { apply, type Tensor } from '../tensor.ts'
import type { Program } from '../compile/compile.ts'
import type { Meta } from '../op.ts'
import type { Engine } from './engine.ts'
import { checkFeed } from './feeds.ts'

/** Several results of one run; random ops draw afresh on each. Feeds are checked for name, shape and dtype when they are given. */
export interface Evaluator {
  /** Asks for a result; results come in this order. */
  push(...tensors: readonly Tensor[]): Evaluator
  /** @throws FeedError */
  feed(placeholder: Tensor | string, value: ArrayLike): Evaluator
  run(): Promise<HostArray[]>
  /** Results stay on the device, as tensors to use and dispose. */
  run(options: { readonly keep: true }): Promise<Tensor[]>
}

/** What graphs are built with. */
export interface Context {
  /** A value that each run is fed; sizes of -1 may differ from run to run. Asking again by name gives the same placeholder.
   * @throws ShapeError, DTypeError; NameError where the name has another shape or dtype already */
  placeholder(name: string, shape: Shape, dtype?: DType): Tensor
  /** @throws NameError where the environment has no such variable */
  variable(name: string): Tensor
  /** The parameters: every variable but the state of optimizers and layers, in the order of first setting. */
  variables(): Tensor[]
  evaluator(): Evaluator
  readonly placeholders: ReadonlyMap<string, Tensor>
}

export function createContext(engine: Engine, owner: Evaluates, variable: (name: string) => Tensor, variables: () => Tensor[]): Context {
  const placeholders = new Map<string, Tensor>()
  const context: Context = {
    placeholders, variable, variables,
    placeholder(name, shape, dtype = 'float32') {
      checkShape(`placeholder ${name}`, shape, true)
      checkDType(`placeholder ${name}`, dtype)
      const have = placeholders.get(name)
      if (have && (!sameShape(have.shape, shape) || have.dtype !== dtype)) throw new NameError(`placeholder ${name}: it is ${have.dtype} ${show(have.shape)} already, got ${dtype} ${show(shape)}; use another name`)
      const t = have ?? apply(placeholderOp, [], { name, shape: [...shape], dtype, owner })
      placeholders.set(name, t)
      return t
    },
    evaluator: () => createEvaluator(engine, context, owner),
  }
  return context
}

/** Checked feeds, and the counter of the run. @throws FeedError for unknown names and wrong values */
export function bindFeeds(placeholders: ReadonlyMap<string, Tensor>, given: Iterable<readonly [string, ArrayLike]>, run: number): Map<string, HostArray> {
  const feeds = new Map<string, HostArray>([[RUN_COUNTER, hostArray(Uint32Array.of(run), [])]])
  for (const [name, value] of given) {
    const p = placeholders.get(name)
    if (!p) throw new FeedError(`${name}: no placeholder of this name; there are ${[...placeholders.keys()].join(', ') || 'none'}`)
    feeds.set(name, checkFeed(p.node.attrs as PlaceholderAttrs, value))
  }
  return feeds
}

/** A program for results with these feeds. */
export const programOf = (outputs: readonly Tensor[], assignments: Program['assignments'], feeds: ReadonlyMap<string, HostArray>): Program => ({
  outputs, assignments,
  shapes: new Map([...feeds].filter(([n]) => n !== RUN_COUNTER).map(([n, f]) => [n, f.shape])),
  isComputed: computed([...outputs, ...assignments.flat()]),
})

/** What a run left: host arrays, or device values that were kept, as tensors. */
export const wrap = (values: readonly (TypedArray | DeviceBuffer)[], metas: readonly Meta[], owner: Evaluates): (HostArray | Tensor)[] =>
  values.map((v, i) => (ArrayBuffer.isView(v) ? hostArray(v, metas[i].shape, metas[i].dtype) : deviceValue(v, metas[i], owner)))

function createEvaluator(engine: Engine, context: Context, owner: Evaluates): Evaluator {
  const outputs: Tensor[] = [], given = new Map<string, ArrayLike>()
  let runs = 0
  const evaluator: Evaluator = {
    push(...tensors) { outputs.push(...tensors); return evaluator },
    feed(placeholder, value) {
      const name = typeof placeholder === 'string' ? placeholder : placeholder.node.op.leaf === 'feed' ? (placeholder.node.attrs as PlaceholderAttrs).name : ''
      bindFeeds(context.placeholders, [[name, value]], 0)
      given.set(name, value)
      return evaluator
    },
    async run({ keep = false }: { readonly keep?: boolean } = {}) {
      const feeds = bindFeeds(context.placeholders, given, runs++), program = programOf(outputs, [], feeds)
      const { plan } = await engine.prepare(program)
      return wrap(await engine.run(program, { feeds, keep }), plan.outputs, owner) as never
    },
  }
  return evaluator
}
