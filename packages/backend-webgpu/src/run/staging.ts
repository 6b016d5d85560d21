import type { Step } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import type { KernelLimits } from '../device/limits.ts'
import type { Place, Places } from './place.ts'

/** Of a kernel's bindings, those for the arena and the control words. */
const OWN = 2

/** The inputs of a run, by their first place, that steps in one kernel read from copies in the arena: inputs are
 * buffers of their own, and some kernels read more of them than a shader can bind. Empty where it binds them all. */
export function inputsToCopy(steps: readonly Step[], places: Places, limits: KernelLimits): Place[] {
  const touched = steps.map(accessOf).flatMap(({ reads, writes }) => [...reads, ...writes])
  const inputs = new Map<number, Place>()
  for (const b of touched) if (places[b].root >= 0) inputs.set(places[b].root, { ...places[b], base: null })
  const all = [...inputs.values()]
  const pieces = all.reduce((sum, p) => sum + Math.ceil(p.byteLength / limits.maxStorageBufferBindingSize), 0)
  return pieces + OWN > limits.maxStorageBuffersPerShaderStage ? all.filter((p) => !p.isWritable) : []
}
