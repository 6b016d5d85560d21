import type { Backend, Plan } from '@gradloom/core'
import { nestedOf } from '@gradloom/core/extend'
import { createLine, type RemoteOptions } from './line.ts'
import { createRemoteExecutable } from './remote-executable.ts'
import { copyOf, createRemoteValues } from './remote-values.ts'

/** The parts of a backend that run plans, in a worker that is started anew where it died. */
export type Remote = Omit<Backend, 'name' | 'capabilities'>

export function createRemote(options: RemoteOptions): Remote {
  const values = createRemoteValues((id) => line.release('buffers', id))
  const line = createLine(options, (to) => values.restore(to))
  let executables = 0

  return {
    start: () => line.enqueue(async () => {}),
    async prepare(plan, kernels) {
      const plugged = kernelsOf(plan).filter((name) => kernels.has(name))
      const executable = createRemoteExecutable(++executables, plan, plugged, line, values)
      await line.enqueue(async () => {}, { ready: executable.ready })
      return executable
    },
    async upload(data, dtype) {
      const buffer = values.create(dtype, data.length, copyOf(data))
      try {
        await line.enqueue((to) => values.send(to, buffer))
        return buffer
      } catch (error) {
        buffer.dispose()
        throw error
      }
    },
    async download(buffer) {
      const { id } = values.own(buffer)
      return line.enqueue((to) => to.call('download', id))
    },
    memory() {
      const { arena, reserved } = line.memory
      return { arena, buffers: values.byteLength, reserved }
    },
    async close() {
      const closing = line.close()
      values.forget()
      await closing
    },
  }
}

/** Names of the ops that a plan calls kernels for. */
const kernelsOf = ({ steps }: Plan): string[] =>
  steps.flatMap((s) => (s.type === 'kernel' ? [s.name] : nestedOf(s).flatMap((n) => kernelsOf(n.plan))))
