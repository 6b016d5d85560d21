import {
  asTensor,
  NameError,
  sizeOf,
  Tensor,
  toHostArray,
  type CompiledStep,
  type CompileOptions,
  type Feed,
  type HostArray,
  type LoadReport,
  type Meta,
  type Results,
  type StepOutput,
  type TensorLike,
  type Update,
  type VariableEnvironment,
} from '@gradloom/core'
import { demand, describe, getOrInsert, isCount } from '@gradloom/core/extend'
import { type Rng } from '@gradloom/ops'
import { joined, settings } from '../settings.ts'
import { training, type Layer, type Mode } from './layer.ts'
import { getVariables, named, setVariables, type Parameters } from './parameters.ts'

/** What a model is trained with. */
export interface ModelTraining {
  /** A scalar of the outputs and targets of a batch. */
  readonly loss: (outputs: Tensor, targets: Tensor) => Tensor
  /** Such as those of `@gradloom/optim`. */
  readonly optimizer: {
    /** Makes its state, before there is a step. */
    begin?(parameters: readonly Tensor[], options: { readonly name: string }): void
    minimize(loss: Tensor, parameters: readonly Tensor[], options: { readonly name: string }): Update
  }
  /** Which forward values are computed again for the backward pass, as `env.compile` takes it. */
  readonly rematerialise?: CompileOptions['rematerialise']
}

/** A training step on a batch of inputs and targets, which gives the loss before it. */
export interface TrainingStep {
  (x: Feed, y: Feed): Promise<number>
  /** How often it, or a step of it, was called; dropout draws by it. To go on where a run that was saved stopped, set
   * it to what it was there. */
  runs: number
  /** The compiled step for such a batch, whose feeds are `x` and `y`: for tools that look inside. Calls of it train,
   * and count among `runs`.
   * @example explain(await train.step(x, y).plan({ x, y })) */
  step(x: Feed, y: Feed): CompiledStep<{ readonly loss: Tensor; readonly train: Update; readonly state: Update }>
}

/** Layers with their variables: what it is applied to needs no parameters. */
export interface Model<P extends Parameters = Parameters> {
  /** The tensors of the variables, nested as the layers are. */
  readonly parameters: P
  /** Those that an optimizer trains. */
  variables(): Tensor[]
  /** The layers on x, in a compiled step or outside of one; for inference where there is no mode. */
  apply(x: TensorLike, mode?: Mode): Tensor
  /** The outputs for a batch, in inference. It is compiled once for a shape. */
  predict(x: Feed): Promise<HostArray>
  /** A training step on a batch of inputs and targets, which gives the loss before it. It is compiled once for a shape;
   * plain numbers are float32, so give integer labels as an Int32Array or with their dtype. The optimizer's state is
   * there from now on, to be loaded. Steps of one optimizer share it; another optimizer begins anew, and steps of the
   * one before fail.
   * @example const train = net.compile({ loss: mseLoss, optimizer: adam() }); await train(x, y) */
  compile(options: ModelTraining): TrainingStep
  /** Names, dtypes, shapes and sizes of all parameters and states. */
  summary(): string
  /** Copies of parameters and states by name, without the state of optimizers: what io's encodeSafetensors takes. */
  save(): Promise<Map<string, HostArray>>
  /** Sets parameters and states by name, as `env.load` does, before or after anything is compiled. */
  load(values: ReadonlyMap<string, HostArray>, options?: { readonly partial?: boolean }): LoadReport
}

/** Layers as one thing, with fresh variables in `env`; `name` is the namespace of these and of the optimizer's.
 * @throws NameError where there are variables of these names; SettingError
 * @example const net = model(env, layers.sequential(layers.linear(784, 128), relu), createRng(1)) */
export function model<P extends Parameters>(
  env: VariableEnvironment,
  layer: Layer<P>,
  rng: Rng,
  options?: { readonly name?: string },
): Model<P> {
  const { name } = settings(
    'model',
    joined(options, { env, layer, rng }),
    { name: '', env: undefined, layer: undefined, rng: undefined },
    { env: 'an object with compile, namespace', layer: 'an object with init, apply', rng: 'an object with normal' },
  )
  const home = name ? env.namespace(name) : env
  const fresh = layer.init(rng)
  const taken = named(fresh).find((one) => home.name(one.name).isSet)
  if (taken) throw new NameError(`model: variable ${taken.name} is there already; give the model another name`)
  setVariables(home, fresh)
  const parameters = getVariables({ variable: (variable) => home.name(variable).tensor }, fresh)
  const all = named(parameters)
  const names = all.map((one) => one.name)
  const variables = (): Tensor[] => all.flatMap(({ isState, tensor }) => (isState ? [] : [tensor]))
  const apply = (x: TensorLike, mode?: Mode): Tensor => layer.apply(parameters, asTensor(x), mode)
  const infer = compiled(env, (x) => ({ y: apply(x) }))
  const optimizing = { name: home.name('optimizer').name }
  return {
    parameters,
    variables,
    apply,
    predict: async (x) => (await infer.run(x)).y,
    compile(given) {
      const {
        loss: lossOf,
        optimizer,
        rematerialise,
      } = settings(
        'compile',
        given as ModelTraining | undefined,
        { loss: undefined, optimizer: undefined, rematerialise: null },
        { loss: 'a function', optimizer: 'an object with minimize', rematerialise: 'a function' },
      ) as Required<ModelTraining>
      if (typeof optimizer.begin === 'function') optimizer.begin(variables(), optimizing)
      const body = (x: Tensor, y: Tensor) => {
        const mode = training({ rng })
        const loss = lossOf(apply(x, mode), y)
        return { loss, train: optimizer.minimize(loss, variables(), optimizing), state: mode.updates() }
      }
      const batches = compiled(env, body, { rematerialise: rematerialise ?? undefined })
      const train = async (x: Feed, y: Feed): Promise<number> => (await batches.run(x, y)).loss.item()
      return Object.defineProperty(Object.assign(train, { step: batches.step }), 'runs', {
        get: () => batches.runs,
        set(count: number) {
          demand(isCount(count), 'train', 'a whole number', count, 'runs')
          batches.runs = count
        },
      }) as TrainingStep
    },
    summary() {
      const width = Math.max(...names.map((one) => one.length))
      const total = { parameters: 0, state: 0 }
      const rows = all.map(({ name: one, tensor, isState }) => {
        const count = sizeOf(tensor.shape)
        total[isState ? 'state' : 'parameters'] += count
        return `${one.padEnd(width)}  ${describe(tensor)}: ${count}${isState ? ' of state' : ''}`
      })
      return [...rows, `${total.parameters} parameters, ${total.state} of state`].join('\n')
    },
    save: () => home.save({ names }),
    load: (values, loading) => home.load(values, { ...loading, names }),
  }
}

/** A body compiled for each combination of dtypes and sizes of its inputs, those of the first axes aside. */
interface Batches<R extends Results> {
  run(...inputs: readonly Feed[]): Promise<StepOutput<R>>
  step(...inputs: readonly Feed[]): CompiledStep<R>
  /** How often any of the steps ran. */
  runs: number
}

function compiled<R extends Results>(
  env: VariableEnvironment,
  body: (...inputs: [x: Tensor, y: Tensor]) => R,
  options?: CompileOptions,
): Batches<R> {
  const steps = new Map<string, CompiledStep<R>>()
  const fed = (inputs: readonly Feed[]): (Meta & { readonly name: string; readonly value: Feed })[] =>
    inputs.map((input, i) => {
      const value = input instanceof Tensor ? input : toHostArray(input)
      return { name: 'xy'[i], value, shape: value.shape.map((n, axis) => (axis ? n : -1)), dtype: value.dtype }
    })
  const stepFor = (given: ReturnType<typeof fed>): CompiledStep<R> =>
    getOrInsert(steps, given.map(describe).join(), () => {
      const step = env.compile((ctx) => {
        const [x, y] = given.map(({ name, shape, dtype }) => ctx.placeholder(name, shape, dtype))
        return body(x, y)
      }, options)
      return countedIn(batches, step)
    })
  const batches: Batches<R> = {
    runs: 0,
    step: (...inputs) => stepFor(fed(inputs)),
    run(...inputs) {
      const given = fed(inputs)
      return stepFor(given)(Object.fromEntries(given.map(({ name, value }) => [name, value])))
    },
  }
  return batches
}

/** A step whose runs are those of all steps that count there, by whoever they are called. */
function countedIn<R extends Results>(all: { runs: number }, step: CompiledStep<R>): CompiledStep<R> {
  const call: (...given: readonly never[]) => unknown = step
  const run = (...given: readonly never[]): unknown => {
    step.runs = all.runs
    const done = call(...given)
    all.runs = step.runs
    return done
  }
  return Object.defineProperty(Object.assign(run, { plan: step.plan, plans: step.plans }), 'runs', {
    get: () => all.runs,
    set(count: number) {
      step.runs = count
      all.runs = count
    },
  }) as CompiledStep<R>
}
