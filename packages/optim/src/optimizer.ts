import { add, assign, grad, nameOf, scope, slot, updates, type Tensor, type Update } from '@gradloom/core'
import { createContext } from './context.ts'
import type { Transformation } from './transformation.ts'

export type Parameters = Iterable<Tensor> | { readonly [name: string]: Tensor }
export type Tensors = { readonly [name: string]: Tensor }

export interface MinimizeOptions {
  /** The namespace of the state; two optimizers of one environment need two. */
  readonly name?: string
  /** Takes a gradient of zeros for parameters that the loss does not depend on, instead of an error. */
  readonly allowUnused?: boolean
}

/** An update of parameters and optimizer state, with what its transformations report (`learningRate`, `gradientNorm`).
 * */
export type Minimization = Update & { readonly reports: Tensors }

export interface Optimizer extends Transformation {
  /** One step down the gradient of a scalar `loss` in `params`, tensors of `ctx.variable`: return it from a compiled
   * step.
   * State is kept beside the parameters, in the namespace `optimizer`, and is saved and loaded with them.
   * @throws GradError where the loss is no scalar or a parameter is unused
   * @example const train = adam({ learningRate: 1e-3 }).minimize(loss, ctx.variables()); return { loss, train } */
  minimize(loss: Tensor, params: Parameters, options?: MinimizeOptions): Minimization
  /** The same step as a function of tensors: without `state` it is the first one.
   * @throws TypeError for scaleLoss
   * @example ({ params, state } = optimizer.next({ params, gradients, state })) */
  next(step: {
    readonly params: Tensors
    readonly gradients: Tensors
    readonly state?: Tensors
    readonly loss?: Tensor
  }): { params: Record<string, Tensor>; state: Record<string, Tensor> }
}

/** A transformation with the two ways to run it. */
export function optimizer({ update, prepare }: Transformation): Optimizer {
  return Object.freeze<Optimizer>({
    update,
    ...(prepare && { prepare }),
    minimize(loss, parameters, { name = 'optimizer', allowUnused = false } = {}) {
      const params = Symbol.iterator in parameters ? [...(parameters as Iterable<Tensor>)] : Object.values(parameters)
      const written: Update[] = []
      return scope(name, () => {
        const context = createContext(params, params.map(nameOf), loss, {
          open: (key, initial) => {
            const value = slot(params[0], `${name}/${key}`, initial)
            return {
              value,
              set: (next) => {
                written.push(assign(value, next))
              },
            }
          },
        })
        const steps = update(grad([prepare?.(loss, context) ?? loss], params, { allowUnused }), context)
        params.forEach((p, i) => written.push(assign(p, add(p, steps[i]))))
        return Object.assign(updates(...written), { reports: context.reports })
      })
    },
    next({ params, gradients, state = {}, loss = null }) {
      if (prepare) throw new TypeError('next: it gets gradients, so it cannot scale the loss before; use minimize')
      const names = Object.keys(params)
      const after: Record<string, Tensor> = { ...state }
      const context = createContext(Object.values(params), names, loss ?? null, {
        open: (key, initial) => {
          const value = state[key] ?? initial
          after[key] = value
          return {
            value,
            set: (next) => {
              after[key] = next
            },
          }
        },
      })
      const steps = update(
        names.map((n) => gradients[n]),
        context,
      )
      return { params: Object.fromEntries(names.map((n, i) => [n, add(params[n], steps[i])])), state: after }
    },
  })
}
