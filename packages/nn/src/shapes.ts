import { ShapeError, show, type Shape } from '@gradloom/core'

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
