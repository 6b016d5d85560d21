import { byteSize } from '../dtype.ts'
import type { Plan } from './plan.ts'
import { accessOf } from './visit.ts'

/** The five largest buffers of a plan's arena, and the steps that write them: what to make smaller. */
export function largestBuffers({ buffers, steps, arenaBytes }: Plan): string {
  const writer = new Map<number, string>()
  for (const step of steps) {
    for (const b of accessOf(step).writes) writer.set(b, step.scope ? `${step.label} in ${step.scope}` : step.label)
  }
  const sizes = buffers
    .map((b, i) => ({ byteLength: b.size * byteSize(b.dtype), i, dtype: b.dtype }))
    .filter(({ i }) => buffers[i].kind === 'arena')
  const largest = sizes
    .sort((a, b) => b.byteLength - a.byteLength)
    .slice(0, 5)
    .map(({ byteLength, i, dtype }) => `${byteLength} bytes of ${dtype} (${writer.get(i) ?? 'unwritten'})`)
  return `the plan's peak is ${arenaBytes} bytes, its largest buffers: ${largest.join(', ')}`
}
