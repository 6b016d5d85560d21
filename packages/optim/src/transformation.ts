import type { Tensor } from '@gradloom/core'

/** A value that lasts from step to step. */
export interface State {
  /** What it was before this step. */
  readonly value: Tensor
  /** What it is afterwards. */
  set(next: Tensor): void
}

/** What a transformation may see and keep. Gradients, `params` and `names` correspond. */
export interface Context {
  readonly params: readonly Tensor[]
  readonly names: readonly string[]
  /** What is minimised, where the caller gave it. */
  readonly loss: Tensor | null
  /** The number of this step, from 1: an int32 scalar, counted once however many ask. */
  step(): Tensor
  /** State under a name of the optimizer's namespace; a second state of one name in a step gets a number. */
  state(name: string, initial: Tensor): State
  /** What `make` gave for this key when it was first asked for in this step. */
  once<T>(key: object, make: () => T): T
  /** Gives a value to whoever called `minimize`, under `reports`. */
  report(name: string, value: Tensor): void
}

/** A step from gradients to updates, which are added to the parameters. It builds graph: whatever varies from step to
 * step is state or a function of `step()`, so that nothing is compiled twice. */
export interface Transformation {
  update(gradients: readonly Tensor[], context: Context): readonly Tensor[]
  /** Applied to the loss before it is differentiated. */
  prepare?(loss: Tensor, context: Context): Tensor
}

/** State that becomes `next` of itself; gives the new value. */
export function evolve(context: Context, name: string, initial: Tensor, next: (value: Tensor) => Tensor): Tensor {
  const state = context.state(name, initial)
  const value = next(state.value)
  state.set(value)
  return value
}

/** @throws TypeError where `inner` changes the loss, which only an outermost transformation can undo */
export function requirePlain(name: string, inner: Transformation): void {
  if (inner.prepare)
    throw new TypeError(`${name}: a transformation that leaves the loss alone required; put scaleLoss around ${name}`)
}
