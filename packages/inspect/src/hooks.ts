/// <reference lib="dom" preserve="true" />
import { Tensor, type HostArray, type Told } from '@gradloom/core'
import { demand, inScope } from '@gradloom/core/extend'
import { statistics } from './statistics.ts'

/** What a value is of, such as `gradient in relu in encoder`. */
export const toldOf = (of: Told): string => {
  const tensor = (of as Partial<Told> | undefined)?.tensor
  demand(tensor instanceof Tensor, 'hook', 'what a tensor tells: tensor.hook(print)', of)
  const { node } = tensor
  const { gradient } = of
  const { name } = (node.attrs ?? {}) as { readonly name?: unknown }
  const what = node.op.form.kind === 'leaf' && typeof name === 'string' && name ? name : node.op.name
  return `${gradient ? 'gradient in ' : ''}${what}${inScope(node.origin)}`
}

const said = (of: Told, text: string): void => {
  // oxlint-disable-next-line no-console -- It is what these hooks are for.
  console.log(`${toldOf(of)}: ${text}`)
}

/** A hook that prints dtype, shape and values, of many some from each end.
 * @example const remove = h.hook(print) */
export const print = (value: HostArray, of: Told): void => said(of, String(value))

/** A hook that prints dtype and shape.
 * @example h.hook(shape, { gradient: true }) */
export const shape = (value: HostArray, of: Told): void => said(of, `${value?.dtype} [${value?.shape?.join(', ')}]`)

/** A hook that prints what the elements are like: least, greatest, mean, deviation, and how many are 0, NaN or
 * infinite. See {@link statistics}.
 * @example h.hook(stats) */
export const stats = (value: HostArray, of: Told): void => said(of, String(statistics(value)))

/** A hook that prints all of these: what the elements are like, and their values.
 * @example h.hook(show) */
export const show = (value: HostArray, of: Told): void => said(of, `${statistics(value)}\n${value}`)
