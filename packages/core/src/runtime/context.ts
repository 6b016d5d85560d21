import { checkDType, type DType } from '../dtype.ts'
import { NameError, FeedError } from '../errors.ts'
import type { HostArray } from '../host.ts'
import { placeholderOp, RESERVED, sourceOf, type PlaceholderAttrs } from '../ops/leaf.ts'
import { getOrInsert } from '../map.ts'
import { describe, sameMeta } from '../graph/meta.ts'
import { apply, demandTensors } from '../graph/apply.ts'
import type { Policy } from '../graph/policy.ts'
import type { EachAs } from '../graph/ambient.ts'
import { Tensor } from '../graph/tensor.ts'
import { knownValues } from '../compile/known.ts'
import { checkShape, type Shape } from '../shape.ts'
import { demand, settings } from '../settings.ts'
import type { Program } from '../compile/program.ts'
import type { Engine } from './engine.ts'
import { checkFeed, feedsOf, type Feed, type Feeds } from './feeds.ts'
import { listed } from './listed.ts'

/** Several results of one run; random ops draw afresh on each. Feeds are checked for name, shape and dtype when they
 * are given. */
export interface Evaluator<T extends readonly Tensor[] = readonly Tensor[]> {
  /** Asks for a result; results come in this order. */
  push<const M extends readonly Tensor[]>(...tensors: M): Evaluator<readonly [...T, ...M]>
  /** @throws FeedError */
  feed(placeholder: Tensor | string, value: Feed): Evaluator<T>
  run(): Promise<EachAs<T, HostArray>>
  /** Results stay on the device, as tensors to use and dispose. */
  run(options: { readonly keep: true }): Promise<EachAs<T, Tensor>>
}

/** What graphs are built with. */
export interface Context {
  /** A value that each run is fed; sizes of -1 may differ from run to run. Asking again by name gives the same
   * placeholder.
   * @throws ShapeError, DTypeError; NameError where the name has another shape or dtype already */
  placeholder(name: string, shape: Shape, dtype?: DType): Tensor
  /** @throws NameError where the environment has no such variable */
  variable(name: string): Tensor
  /** The parameters: every variable but the state of optimizers and layers, in the order of first setting. */
  variables(): Tensor[]
  evaluator(): Evaluator
  readonly placeholders: ReadonlyMap<string, Tensor>
}

export function createContext(engine: Engine, variable: (name: string) => Tensor, variables: () => Tensor[]): Context {
  const placeholders = new Map<string, Tensor>()
  const context: Context = {
    placeholders,
    variable,
    variables,
    placeholder(name, shape, dtype = 'float32') {
      demand(typeof name === 'string', 'placeholder', 'a name', name)
      if (name.startsWith(RESERVED))
        throw new NameError(`placeholder ${name}: names beginning with ${RESERVED} are taken; use another name`)
      checkShape(`placeholder ${name}`, shape, true)
      checkDType(`placeholder ${name}`, dtype)
      const meta = { shape: [...shape], dtype }
      const t = getOrInsert(placeholders, name, () => apply(placeholderOp, [], { name, ...meta, owner: engine.owner }))
      if (!sameMeta(t, meta))
        throw new NameError(
          `placeholder ${name}: it is ${describe(t)} already, got ${describe(meta)}; use another name`,
        )
      return t
    },
    evaluator: () => createEvaluator(engine, context),
  }
  return context
}

/** Checked feeds, and the counter of the run. @throws FeedError for unknown names and wrong values */
export function bindFeeds(
  placeholders: ReadonlyMap<string, Tensor>,
  given: Iterable<readonly [string, Feed]>,
  run: number,
): Feeds {
  const feeds = feedsOf(run)
  for (const [name, value] of given) {
    const p = placeholders.get(name)
    if (!p) throw new FeedError(`${name}: no placeholder of this name; there are ${listed(placeholders)}`)
    feeds.set(name, checkFeed(p.node.attrs as PlaceholderAttrs, value))
  }
  return feeds
}

/** A program for results with these feeds. */
export const programOf = (
  outputs: readonly Tensor[],
  updates: Program['updates'],
  feeds: Feeds,
  policy?: Policy,
): Program => ({
  outputs,
  updates,
  policy,
  shapes: new Map([...feeds].map(([name, { shape }]) => [name, shape])),
  isKnown: knownValues([...outputs, ...updates.map((u) => u.value)]),
})

function createEvaluator(engine: Engine, context: Context): Evaluator {
  const outputs: Tensor[] = []
  const given = new Map<string, Feed>()
  const evaluator: Evaluator = {
    push(...tensors) {
      demandTensors('push', tensors)
      outputs.push(...tensors)
      return evaluator as Evaluator<never>
    },
    feed(placeholder, value) {
      const name = typeof placeholder === 'string' ? placeholder : nameOfPlaceholder(placeholder)
      bindFeeds(context.placeholders, [[name, value]], 0)
      given.set(name, value)
      return evaluator
    },
    async run(options?: { readonly keep?: boolean }) {
      const { keep } = settings('run', options, { keep: false })
      const feeds = bindFeeds(context.placeholders, given, engine.nextEvaluation())
      return (await engine.run(programOf(outputs, [], feeds), feeds, keep)) as never
    },
  }
  return evaluator
}

/** The name that a placeholder is fed by; none for another tensor. */
function nameOfPlaceholder(placeholder: Tensor): string {
  demand(placeholder instanceof Tensor, 'feed', 'a placeholder or its name', placeholder)
  const { node } = placeholder
  return sourceOf(node) === 'feed' ? (node.attrs as PlaceholderAttrs).name : ''
}
