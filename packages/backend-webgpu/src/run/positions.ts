import { aligned } from '../device/limits.ts'
import type { Session } from '../device/session.ts'
import { USAGE } from '../device/usage.ts'

/** The uniform of what differs between the positions of loops. */
export interface Moving {
  readonly stride: number
  readonly byteLength: number
  readonly group: GPUBindGroup
  destroy(): void
}

export function createMoving({ device, pipelines }: Session, blocks: readonly (readonly number[])[]): Moving {
  const most = blocks.reduce((sum, b) => Math.max(sum, b.length), 0)
  const stride = aligned(Math.ceil(most / 4) * 16)
  const words = new Uint32Array((stride / 4) * blocks.length)
  blocks.forEach((numbers, i) => words.set(numbers, (i * stride) / 4))
  const { byteLength } = words
  const usage = USAGE.uniform | USAGE.copyTarget
  const buffer = device.createBuffer({ size: byteLength, usage, label: 'positions' })
  device.queue.writeBuffer(buffer, 0, words)
  const entries = [{ binding: 0, resource: { buffer, size: stride } }]
  const group = device.createBindGroup({ layout: pipelines.bases, entries })
  return { stride, byteLength, group, destroy: () => buffer.destroy() }
}
