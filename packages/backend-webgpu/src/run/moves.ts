import { KernelError, type Step } from '@gradloom/core'
import type { Block } from '../device/pool.ts'
import type { Session } from '../device/session.ts'
import { MAP_WRITE } from '../device/usage.ts'
import type { KernelStep } from '../kernels/context.ts'
import type { Place } from './place.ts'

/** A copy between a value and its place on the host. */
export interface Move {
  /** The step of the plan. */
  readonly step: number
  readonly isOut: boolean
  readonly place: Place
  /** Where it lies on the host. */
  readonly byteOffset: number
}

/** Ops that move a value: their attrs say at which element of the host's memory it lies. */
const [OUT, BACK] = ['toHost', 'fromHost']

export const isMove = (step: Step): step is KernelStep & { readonly type: 'kernel' } =>
  step.type === 'kernel' && [OUT, BACK].includes(step.name)

/** @throws KernelError within a loop or a branch */
export function moveOf(
  { name, inputs, outputs, attrs }: KernelStep,
  step: number,
  placeOf: (buffer: number) => Place,
): Move {
  const isOut = name === OUT
  const [{ buffer }] = isOut ? inputs : outputs
  const place = placeOf(buffer)
  if (place.base)
    throw new KernelError(`${name}: a value outside of loops and branches required; give the policy to compile`)
  const { position } = attrs as { readonly position: number }
  // No element takes more than a word.
  return { step, isOut, place, byteOffset: 4 * position }
}

/** Puts what has left the device where it lies on the host. */
export function toHost(session: Session, moves: readonly Move[], from: Block, to: Block): Promise<void> {
  const end = Math.max(...moves.map((m) => m.byteOffset + m.place.byteLength))
  const copy = (given: ArrayBuffer, host: ArrayBuffer): void => {
    for (const { byteOffset, place } of moves)
      new Uint8Array(host, byteOffset, place.byteLength).set(new Uint8Array(given, byteOffset, place.byteLength))
  }
  return session.mapped(from, end, (given) => session.mapped(to, end, (host) => copy(given, host), MAP_WRITE))
}
