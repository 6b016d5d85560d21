import {
  add,
  assign,
  cast,
  grad,
  GradError,
  literalOf,
  nameOf,
  sameShape,
  scope,
  show,
  slot,
  Tensor,
  updates as joined,
  type Traced,
  type Tree,
  type Update,
} from '@gradloom/core'
import { claim, elementwise, filledWith, keep } from '@gradloom/core/extend'
import { checked, settings } from './settings.ts'
import { stateNames } from './stateNames.ts'
import {
  mapTensors,
  namesOf,
  requireLike,
  requireParameters,
  tensorsOf,
  type Tensors,
  type TensorTree,
} from './tensors.ts'
import { counter, requirePlain, type Transformation, type Updated } from './transformation.ts'

export type Parameters = Iterable<Tensor> | Structure
/** What is a tree, also where its type is an interface, which has no index signature. */
export type Structure = Tree | object

export interface BeginOptions {
  /** The namespace of the state; two optimizers of one environment need two. */
  readonly name?: string
}

export interface MinimizeOptions extends BeginOptions {
  /** Takes a gradient of zeros for parameters that the loss does not depend on, instead of an error. */
  readonly allowUnused?: boolean
}

/** An update of parameters and optimizer state, with what its transformations report (`learningRate`, `gradientNorm`).
 * */
export type Minimization = Update & { readonly reports: Tensors }

/** A step as a function. */
export interface FunctionalStep<P, S> {
  readonly params: P
  /** In the structure of `params`, as `valueAndGrad` gives them. */
  readonly gradients: Structure
  /** As `init` or the step before gave it; without, this is the first step. */
  readonly state?: S
  /** Needed by who looks at it: `lbfgs`, `reduceOnPlateau`. */
  readonly loss?: Tensor
}

/** A transformation and the two ways to run it. It sees float16 parameters and gradients as float32, so that its state
 * and its updates are float32. */
export interface Optimizer<S extends TensorTree = TensorTree> extends Transformation<S> {
  /** The state before the first step of `next`. */
  init(params: Structure, step?: Tensor): S
  /** Makes the state that `minimize` keeps, where this optimizer has none yet: to be loaded before there is a step.
   * @throws NameError, SettingError for settings
   * @example optimizer.begin([...env].map(([, variable]) => variable.tensor)) */
  begin(params: Parameters, options?: BeginOptions): void
  /** One step down the gradient of a scalar `loss` in `params`, tensors of `ctx.variable`: return it from a compiled
   * step.
   * State is kept beside the parameters, in the namespace `optimizer`, and is saved and loaded with them. It is there
   * from this call on, for all steps of optimizers that have the same state and start it at the same settings. As in
   * PyTorch, another optimizer in its place begins anew; steps of the one before then fail with a DisposedError.
   * @throws GradError where the loss is no scalar or a parameter is unused; NameError, SettingError for settings
   * @example const train = adam({ learningRate: 1e-3 }).minimize(loss, ctx.variables()); return { loss, train } */
  minimize(loss: Tensor, params: Parameters, options?: MinimizeOptions): Minimization
  /** The same step as a function of tensors in lists and records, nested at will, or a tensor alone.
   * @throws NameError, ShapeError, DTypeError where gradients or state do not fit the parameters; SettingError for
   * scaleLoss, which needs the loss before it is differentiated
   * @example ({ params, state } = optimizer.next({ params, gradients, state })) */
  next<P extends Structure>(step: FunctionalStep<P, S>): { params: Traced<P>; state: S; readonly reports: Tensors }
}

/** What optimizers of one namespace have in common, whatever their parameters are: the kinds of state, and the values
 * that settings begin with. */
function signature(names: readonly string[], state: readonly Tensor[], params: Tensors): string {
  const parts = names.map((name, i) => {
    const [kind, ...param] = name.split('/')
    const of = params[param.join('/')] as Tensor | undefined
    return of && sameShape(of.shape, state[i].shape) ? kind : `${name} ${state[i].toString()} ${literalOf(state[i])}`
  })
  return [...new Set(parts)].join()
}

/** Not core's cast: products read that of a parameter too, and its memory would be kept until the update. */
const widened = /* @__PURE__ */ elementwise(
  'upcast',
  (x) => x.cast('float32'),
  (g, x) => cast(g, x.dtype),
  { promotion: 'none' },
)
const isHalf = (t: Tensor): boolean => t.dtype === 'float16'
/** What transformations see of tensors: float16 as float32. */
const wide = (tree: Tree): TensorTree => {
  const tensors = tensorsOf(tree)
  return filledWith(
    tree,
    tensors.some(isHalf) ? tensors.map((t) => (isHalf(t) ? widened(t) : t)) : tensors,
  ) as TensorTree
}

/** p + u, a sum that is rounded once to float16. */
const moved = (p: Tensor, u: Tensor): Tensor => (isHalf(p) ? cast(add(widened(p), u), p.dtype) : add(p, u))

/** A transformation with the two ways to run it. @throws SettingError for what is no transformation */
export function optimizer<S extends TensorTree>(transformation: Transformation<S>): Optimizer<S> {
  checked('optimizer', { inner: transformation })
  const { prepare } = transformation
  const init = (params: Tree, step: Tensor = counter()): S => {
    requireParameters(namesOf(params))
    return transformation.init(wide(params), step)
  }
  const update: Transformation<S>['update'] = (gradients, state, context) => {
    checked('update', { params: context?.params })
    return transformation.update(wide(gradients), state, { ...context, params: wide(context.params) })
  }
  /** The variables of the state. */
  const begun = (params: Tensors, name: string): S => {
    const step = counter()
    const initial = mapTensors((t) => t, init(params, step))
    const names = stateNames(initial, step)
    const [near] = Object.values(params)
    claim(near, name, signature(names, tensorsOf(initial), params))
    const slots = tensorsOf(initial).map((t, i) => slot(near, `${name}/${names[i]}`, t))
    return filledWith(initial, slots) as S
  }
  return Object.freeze<Optimizer<S>>({
    init,
    update,
    ...(prepare && { prepare }),
    begin(parameters, options) {
      const { name } = settings<Required<BeginOptions>>('begin', { name: 'optimizer' }, options)
      begun(byName(parameters), name)
    },
    minimize(loss, parameters, options) {
      const { name, allowUnused } = settings<Required<MinimizeOptions>>(
        'minimize',
        { name: 'optimizer', allowUnused: false },
        options,
      )
      requireScalar(loss)
      const params = byName(parameters)
      const down = (of: Tensor): Tensor[] => grad([of], Object.values(params), { allowUnused })
      return scope(name, () => {
        // What is refused leaves the state as it is, of another optimizer too.
        const plain = down(loss)
        const state = begun(params, name)
        const gradients = prepare ? down(prepare(loss, state)) : plain
        const done = update(filledWith(params, gradients) as Tree, state, { params, loss })
        const after = new Map<Tensor, Tensor>()
        const note = (old: Tensor, next: Tensor): Tensor => {
          if (old !== next && !after.has(old)) after.set(old, next)
          return old
        }
        mapTensors(note, state, done.state)
        mapTensors((p, u) => note(p, moved(p, u)), params, done.updates)
        const changes = joined(...[...after].map(([variable, value]) => assign(variable, value)))
        return Object.assign(changes, { reports: done.reports ?? {} })
      })
    },
    next<P extends Structure>(given: FunctionalStep<P, S>) {
      requirePlain('next', transformation as Transformation)
      const { params, gradients, state, loss } = settings<Required<FunctionalStep<Tree, S>> & { gradients: Tree }>(
        'next',
        { params: undefined, gradients: undefined, state: null, loss: null },
        given,
      )
      requireLike('next', gradients, params)
      const initial = init(params)
      if (state) requireLike('next', state, initial)
      const done: Updated<S> = update(gradients, state ?? initial, { params, loss })
      requireLike('next', done.updates, wide(params))
      return {
        params: mapTensors((p, u) => keep(moved(p, u)), params, done.updates) as Traced<P>,
        state: mapTensors(keep, done.state) as S,
        reports: done.reports ?? {},
      }
    },
  })
}

/** The variables of an iterable or a structure. */
export const variablesOf = (parameters: Parameters): Tensor[] =>
  tensorsOf(
    typeof (parameters as Partial<Iterable<Tensor>>)?.[Symbol.iterator] === 'function'
      ? [...(parameters as Iterable<Tensor>)]
      : (parameters as Tree),
  )

/** @throws NameError */
function byName(parameters: Parameters): Tensors {
  const variables = variablesOf(parameters)
  requireParameters(variables.map(nameOf))
  return Object.fromEntries(variables.map((v) => [nameOf(v), v]))
}

function requireScalar(loss: Tensor): void {
  const got = loss instanceof Tensor ? show(loss.shape) : typeof loss
  if (got !== '[]')
    throw new GradError(
      `minimize: a scalar loss required, got ${got}; pass { reduction: 'mean' } to the loss, or take its mean()`,
    )
}
