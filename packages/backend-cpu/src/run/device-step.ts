import type { Step } from '@gradloom/core'
import type { KernelAddresses } from '../kernels/device-kernel.ts'
import { deviceKernels } from '../kernels/device-kernels.ts'
import type { WasmModules } from '../kernels/modules.ts'

/** A call of a kernel on addresses, ready to run. */
export interface DeviceStep {
  readonly scratchBytes: number
  readonly tables: Int32Array
  run(addresses: readonly number[], scratch: number, tables: number): void
}

/** The step of a call that the backend has a kernel on addresses for, unless a plugin brings its own of that name. */
export function deviceStep(call: Extract<Step, { type: 'kernel' }>, plugged: ReadonlyMap<string, unknown>, modules: WasmModules): DeviceStep | null {
  if (plugged.has(call.name) || !Object.hasOwn(deviceKernels, call.name)) return null
  const { sharedBytes, scratchBytes, tables, phases } = deviceKernels[call.name](call as never, modules)
  const inputs = call.inputs.map(() => 0), outputs = call.outputs.map(() => 0)
  return {
    scratchBytes: sharedBytes + scratchBytes, tables,
    run: (addresses, scratch, table) => {
      call.inputs.forEach(({ buffer }, i) => { inputs[i] = addresses[buffer] })
      call.outputs.forEach(({ buffer }, i) => { outputs[i] = addresses[buffer] })
      const at: KernelAddresses = { inputs, outputs, shared: scratch, scratch: scratch + sharedBytes, tables: table }
      for (const { units, run } of phases) if (units > 0) run(at, 0, units)
    },
  }
}
