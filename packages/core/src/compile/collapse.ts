import { range } from '../shape.ts'
import type { LoopKernel } from '../plan/plan.ts'

/** The same kernel with neighbouring dimensions merged wherever every access runs through both in one stride. Inner
 * dimensions, by their position among all, only where they `mayMerge` with the one before. */
export function collapse(kernel: LoopKernel, mayMerge: (dimension: number) => boolean = () => true): LoopKernel {
  const { outer, inner } = kernel
  const sizes = [...outer, ...inner]
  if (sizes.length < 2) return kernel
  const strided = [
    ...kernel.reads,
    ...kernel.phases.flatMap((p) => p.write.map((w) => w.access)),
    ...kernel.phases.flatMap((p) => p.code.flatMap((c) => (c.op === 'index' ? [c] : []))),
  ]
  // Accesses of outer values say nothing about inner dimensions: their strides there are 0, which merge.
  const follows = (d: number): boolean =>
    d > 0 &&
    d !== outer.length &&
    (d < outer.length || mayMerge(d)) &&
    strided.every(({ strides }) => strides[d - 1] === strides[d] * sizes[d])
  const last = range(sizes.length).filter((d) => !follows(d + 1) || d + 1 === sizes.length)
  if (last.length === sizes.length) return kernel
  const pick = <T extends { readonly strides: readonly number[] }>(x: T): T => ({
    ...x,
    strides: last.map((d) => x.strides[d]),
  })
  const merged = (from: number, to: number): number[] => {
    const out: number[] = []
    let size = 1
    for (let d = from; d < to; d++) {
      size *= sizes[d]
      if (last.includes(d)) {
        out.push(size)
        size = 1
      }
    }
    return out
  }
  return {
    ...kernel,
    outer: merged(0, outer.length),
    inner: merged(outer.length, sizes.length),
    reads: kernel.reads.map(pick),
    phases: kernel.phases.map((p) => ({
      ...p,
      code: p.code.map((c) => (c.op === 'index' ? pick(c) : c)),
      write: p.write.map((w) => ({ ...w, access: pick(w.access) })),
    })),
  }
}
