import { byteSize } from '../dtype.ts'
import type { Access, LoopKernel, Step } from '../plan/plan.ts'
import { sameShape } from '../shape.ts'

const isSamePlace = (a: Access, b: Access): boolean =>
  byteSize(a.dtype) === byteSize(b.dtype) && a.offset === b.offset && sameShape(a.strides, b.strides)

const writesTo = ({ write }: LoopKernel['phases'][number], buffer: number): Access | undefined =>
  write.find(({ access }) => access.buffer === buffer)?.access

/** Whether steps may write `target` over `source`, element by element: nothing reads that, or one loop does, only where
 * it writes, and no later. Outer indices never meet. */
export function canReplace(steps: readonly Step[], target: number, source: number): boolean {
  const [step] = steps
  if (steps.length !== 1 || step.type !== 'loop') return false
  const { reads, phases } = step
  if (!reads.some((a) => a.buffer === source)) return true
  const last = phases.findIndex((p) => writesTo(p, target))
  const to = writesTo(phases[last], target)!
  return (
    reads.every((a) => a.buffer !== source || isSamePlace(a, to)) &&
    phases.every((p, phase) => {
      const isRead = phase > last && p.code.some((c) => c.op === 'read' && reads[c.read].buffer === source)
      return !isRead && !writesTo(p, source)
    })
  )
}
