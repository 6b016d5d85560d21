import {
  apply,
  byteSize,
  type DType,
  defineOp,
  type Packing,
  type Plan,
  type Policy,
  type Residual,
  type Shape,
  sizeOf,
} from '@gradloom/core'
import { checkBytes } from '../check.ts'
import { planning } from './planned.ts'

/** Bytes from which a value is moved: below, the commands of two copies cost more than the memory is worth. */
const WORTH_MOVING = 16_384

/** Moves its input to the host, to a place that counts elements. Its result has none: it stands for what lies there. */
const toHost = /* @__PURE__ */ defineOp<{ readonly position: number }>({
  name: 'toHost',
  infer: () => ({ shape: [0], dtype: 'int32' }),
})

/** The value that lies at a place of the host. */
const fromHost = /* @__PURE__ */ defineOp<{ readonly position: number; readonly shape: Shape; readonly dtype: DType }>({
  name: 'fromHost',
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
})

const moving: Packing = {
  pack: (t, position) => apply(toHost, [t], { position }),
  unpack(packed, { shape, dtype }) {
    const { position } = packed.node.attrs as { readonly position: number }
    return apply(fromHost, [packed], { position, shape, dtype })
  },
}

/**
 * Moves values that the backward pass reads to the host as soon as they are there, and back where they are read: the
 * arena of the device holds what lies in between no longer. Losses and gradients are those without it, to the bit. It
 * takes a copy each way, and two submits a step in place of one on WebGPU. Values of fewer bytes than `byteThreshold`
 * stay, as do those that a segment computes again, and those of a backend whose memory is the host's, such as cpu().
 * @throws SettingError for a threshold below 0 or NaN
 * @example env.compile(body, { rematerialise: offload() })
 */
export function offload(byteThreshold: number = WORTH_MOVING): Policy {
  checkBytes('offload', 'threshold', byteThreshold)
  const isMoved = ({ isRead, byteLength, marked, hasKernel }: Residual): boolean =>
    isRead && byteLength >= byteThreshold && !marked?.endsWith('Recompute') && hasKernel(toHost.name)
  return planning(
    `offload ${byteThreshold}`,
    ({ values }) => new Map(values.filter(isMoved).map(({ tensor }) => [tensor, moving])),
  )
}

/** Bytes of the values that a plan moves to the host. */
export const movedBytes = ({ steps }: Plan): number =>
  steps.reduce((sum, step) => {
    if (step.type !== 'kernel' || step.name !== toHost.name) return sum
    const [{ shape, dtype }] = step.inputs
    return sum + sizeOf(shape) * byteSize(dtype)
  }, 0)

/** Whether a step of this name brings a value back. */
export const bringsBack = (name: string): boolean => name === fromHost.name
