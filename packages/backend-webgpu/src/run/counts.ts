import { KernelError, sizeOf, type Step } from '@gradloom/core'

/** Positions are counted as int32. */
const MOST = 2 ** 31 - 1

/** @throws KernelError for a step that goes over more elements than can be counted */
export function checkCounts(steps: readonly Step[]): void {
  for (const step of steps) {
    const shapes =
      step.type === 'loop'
        ? [[...step.outer, ...step.inner]]
        : step.type === 'contraction'
          ? [[...step.batch, step.m, step.n]]
          : step.type === 'kernel'
            ? [...step.inputs, ...step.outputs].map((x) => x.shape)
            : []
    const count = Math.max(0, ...shapes.map(sizeOf))
    if (count > MOST)
      throw new KernelError(
        `${step.label}: at most ${MOST} elements required, which is what webgpu counts to, got ${count}; ` +
          `take fewer at a time, or use cpu() for this`,
      )
  }
}
