import { ShapeError, show, type Shape } from '@gradloom/core'

/** Whether two shapes are the same as far as they are known. */
export const agree = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i] || n === -1 || b[i] === -1)

/** @throws ShapeError where `got` cannot be `wanted`; unknown sizes can be any */
export function requireShape(name: string, what: string, wanted: Shape, got: Shape): void {
  if (!agree(wanted, got)) throw new ShapeError(`${name}: ${what} of shape ${show(wanted)} required, got ${show(got)}`)
}

/** @throws ShapeError where one is not `[batch, channels, ...n sizes]` */
export function requireSpatial(name: string, n: number, ...tensors: readonly { readonly shape: Shape }[]): void {
  const shapes = tensors.map((t) => t.shape)
  if (shapes.some((s) => s.length !== n + 2))
    throw new ShapeError(`${name}: rank ${n + 2} required, [batch, channels, ...${n} sizes], got ${show(...shapes)}`)
}

/** @throws ShapeError below a rank of `[batch, channels, ...]` */
export function requireRank(name: string, least: number, { shape }: { readonly shape: Shape }): void {
  if (shape.length < least)
    throw new ShapeError(`${name}: rank ${least} or more required, [batch, channels, ...], got ${show(shape)}`)
}
