import { SettingError, Tensor } from '@gradloom/core'
import { checkBytes, checkFunction, checkTensor } from './check.ts'
import { choosing } from './policies/choices.ts'
import { always, markedCall, markedTensor, markOf, type SegmentOptions } from './segment.ts'

type Call = (...args: readonly unknown[]) => unknown

/** What is applied to something, such as the layers of `@gradloom/nn`. */
interface Applied {
  apply(...args: never[]): unknown
}

/**
 * The same value, computed again in the backward pass instead of kept for it, from what is kept of what it is computed
 * of. A variable, a feed or a constant is as it is. Gradients of any order are those without it, to the bit.
 * @throws SettingError for what is no tensor, function or layer, and for settings beside a tensor
 * @example const h = checkpoint(relu(matmul(x, w)))
 */
export function checkpoint(t: Tensor): Tensor
/**
 * The same function, of whose values only those that cross its border are kept for the backward pass: tensors that it
 * takes from outside, as arguments or otherwise, and those that it returns. The rest is computed again, or what
 * `policy` says of it. Functions within may be such functions too. Random draws are those of the forward pass.
 * @throws SettingError where it returns no tensor, or for what is no policy; NameError for an unknown setting
 * @example const block = checkpoint((x: Tensor, p: Parameters) => transformerBlock(p, x))
 */
export function checkpoint<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options?: SegmentOptions,
): (...args: A) => R
/**
 * The same layer, each application of which is a segment, as of a function: what it takes are its parameters and x.
 * @example layers.sequential(checkpoint(layers.transformerBlock(64, { heads: 4 })), layers.linear(64, 10))
 */
export function checkpoint<L extends Applied>(layer: L, options?: SegmentOptions): L
export function checkpoint(
  x: Tensor | Call | { readonly apply: Call },
  options?: SegmentOptions,
): Tensor | Call | { readonly apply: Call } {
  if (x instanceof Tensor) {
    if (options !== undefined) throw new SettingError('checkpoint: a tensor takes no settings; give a function')
    return markedTensor({ policy: always }, x)
  }
  const call = typeof x === 'object' && x !== null ? x.apply : x
  checkFunction('checkpoint', call)
  const { policy } = markOf('checkpoint', options)
  // Each call is a segment of its own.
  const segment: Call = (...args) => markedCall('checkpoint', { policy }, () => Reflect.apply(call, x, args))
  return call === x ? segment : (Object.create(x, { apply: { value: segment, enumerable: true } }) as typeof x)
}

/**
 * The same value, computed again in the backward pass where it takes so many bytes or more; else kept.
 * @throws SettingError for what is no tensor, for a threshold below 0 or NaN
 * @example const big = adaptiveCheckpoint(matmul(h, w), 1_000_000)
 */
export function adaptiveCheckpoint(t: Tensor, byteThreshold: number): Tensor {
  checkTensor('adaptiveCheckpoint', t)
  checkBytes('adaptiveCheckpoint', 'threshold', byteThreshold)
  const policy = choosing(`adaptive ${byteThreshold}`, ({ byteLength }) =>
    byteLength >= byteThreshold ? 'mustRecompute' : 'preferSave',
  )
  return markedTensor({ policy }, t)
}
