import type { Bindings, DeviceBuffer, Executable, Plan, TypedArray } from '@gradloom/core'
import { disposedError } from '../errors.ts'
import type { Line } from './line.ts'
import type { Link } from './link.ts'
import type { Timing } from './protocol.ts'
import type { RemoteBuffer } from './remote-buffer.ts'
import { copyOf, type RemoteValues } from './remote-values.ts'

/** A plan that a worker runs. */
export interface RemoteExecutable extends Executable {
  /** Prepares it in a worker that does not have it. */
  ready(link: Link): Promise<void>
}

interface Performed {
  readonly values: (TypedArray | DeviceBuffer)[]
  readonly times: Timing | null
}

/** @param plugged names of the ops whose kernels are a plugin's */
export function createRemoteExecutable(
  executable: number,
  plan: Plan,
  plugged: readonly string[],
  line: Line,
  values: RemoteValues,
): RemoteExecutable {
  const writes = plan.inputs.some((i) => i.written)
  let disposed = false
  let byteLength = 0
  /** The number of the worker that has it. */
  let at = 0

  async function ready(to: Link): Promise<void> {
    if (at === to.number) return
    byteLength = await to.call('prepare', { executable, plan, plugged })
    at = to.number
  }
  async function perform(inputs: Bindings, keep: readonly boolean[], isTimed: boolean): Promise<Performed> {
    if (disposed) throw disposedError('executable')
    // Copies, since the caller may change its arrays before they are sent.
    const bound = inputs.map((v) => (ArrayBuffer.isView(v) ? copyOf(v) : values.own(v)))
    const kept = plan.outputs.map(({ dtype, buffer }, i) =>
      keep[i] ? values.create(dtype, plan.buffers[buffer].size, null) : null,
    )
    const written = bound.filter((v, i): v is RemoteBuffer => plan.inputs[i].written && !ArrayBuffer.isView(v))
    const send = async (to: Link): Promise<Performed> => {
      const feeds = bound.map((v) => (ArrayBuffer.isView(v) ? v : v.id))
      const spares = written.map(takeSpare)
      const places = { keep: kept.map((b) => b?.id ?? 0), written: written.map((b) => b.id), spares }
      const request = { executable, inputs: feeds, ...places, isTimed }
      const { outputs, updated, times } = await to.call('run', request, [...feeds, ...spares])
      written.forEach((b, i) => values.save(b, to, updated[i]))
      const results = outputs.map((v, i) => {
        if (ArrayBuffer.isView(v)) return v
        values.save(kept[i]!, to, v)
        return kept[i]!
      })
      return { values: results, times }
    }
    try {
      return await line.enqueue(send, { ready, alone: writes })
    } catch (error) {
      for (const b of kept) b?.dispose()
      throw error
    }
  }
  return {
    ready,
    get byteLength() {
      return byteLength
    },
    run: async (inputs, keep) => (await perform(inputs, keep, false)).values,
    profile: async (inputs, keep) => {
      const { values: results, times } = await perform(inputs, keep, true)
      return { values: results, ...times! }
    },
    dispose() {
      if (disposed) return
      disposed = true
      if (at) line.release('executables', executable)
    },
  }
}

const takeSpare = (b: RemoteBuffer): TypedArray | null => {
  const { spare } = b
  b.spare = null
  return spare
}
