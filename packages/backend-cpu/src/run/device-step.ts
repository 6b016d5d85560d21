import { createJob } from '@gradloom/blas-wasm'
import type { Step } from '@gradloom/core'
import type { KernelAddresses, KernelPhase } from '../kernels/device-kernel.ts'
import { deviceKernels } from '../kernels/device-kernels.ts'
import type { WasmModules } from '../kernels/modules.ts'
import { OWN } from '../threads/calls.ts'
import { aligned, type ReadyStep } from './step.ts'

/** Ranges of units a thread, so that one that is late can be made up for. */
const RANGES_A_THREAD = 2
const WORD = 4

/** The step of a call that the backend has a kernel on addresses for, unless a plugin brings its own of that name. */
export function deviceStep(
  call: Extract<Step, { type: 'kernel' }>,
  plugged: ReadonlyMap<string, unknown>,
  modules: WasmModules,
): ReadyStep | null {
  if (plugged.has(call.name) || !Object.hasOwn(deviceKernels, call.name)) return null
  const { sharedBytes, scratchBytes, tables, phases } = deviceKernels[call.name](call as never, modules)
  const { team, calls } = modules
  const inputs = call.inputs.map(() => 0)
  const outputs = call.outputs.map(() => 0)
  const sharedEnd = aligned(sharedBytes)
  const step = { words: tables, pointers: [] }
  const locate = (buffers: readonly number[]): void => {
    call.inputs.forEach(({ buffer }, i) => {
      inputs[i] = buffers[buffer]
    })
    call.outputs.forEach(({ buffer }, i) => {
      outputs[i] = buffers[buffer]
    })
  }
  if (team.threads === 1) {
    return {
      ...step,
      scratchBytes: sharedEnd + scratchBytes,
      run: ({ buffers, scratch, descriptor }) => {
        locate(buffers)
        const at: KernelAddresses = {
          inputs,
          outputs,
          shared: scratch,
          scratch: scratch + sharedEnd,
          tables: descriptor,
        }
        for (const { units, run } of phases) if (units > 0) run(at, 0, units)
      },
    }
  }

  const ranges = RANGES_A_THREAD * team.threads
  const ownBytes = aligned(scratchBytes)
  const jobAt = sharedEnd + team.threads * ownBytes
  const callsAt = jobAt + aligned(WORD * (ranges + 3))
  /** Writes the calls of a phase down, range by range; gives where each range's begin, and their end. */
  const record = ({ units, run }: KernelPhase, at: KernelAddresses, to: number | null): number[] => {
    const grain = Math.ceil(units / ranges)
    const starts: number[] = []
    calls.begin(to)
    for (let begin = 0; begin < units; begin += grain) {
      starts.push((to ?? 0) + calls.byteLength)
      run(at, begin, Math.min(begin + grain, units))
    }
    return [...starts, (to ?? 0) + calls.byteLength]
  }
  const jobs = phases.map(createJob)
  const nowhere: KernelAddresses = { inputs, outputs, shared: 0, scratch: OWN, tables: 0 }
  const callsBytes = Math.max(0, ...phases.map((phase) => record(phase, nowhere, null).at(-1)!))
  return {
    ...step,
    scratchBytes: callsAt + callsBytes,
    run: ({ buffers, scratch, descriptor }) => {
      locate(buffers)
      const at: KernelAddresses = { inputs, outputs, shared: scratch, scratch: OWN, tables: descriptor }
      for (const [i, phase] of phases.entries()) {
        const starts = record(phase, at, scratch + callsAt)
        if (!calls.replay) continue
        new Int32Array(team.memory.buffer, scratch + jobAt, starts.length + 2).set([
          ownBytes,
          scratch + sharedEnd,
          ...starts,
        ])
        team.run(calls.replay, scratch + jobAt, starts.length - 1, jobs[i])
      }
    },
  }
}
