import { byteSize, type Cond, type Nested, type Scan, type Step } from '@gradloom/core'
import type { DeviceMemory } from '../memory/device-memory.ts'
import { createSequence } from './sequence.ts'
import { bareStep, type Note, type ReadyStep, type StepAddresses } from './step.ts'

type Ready = (step: Step) => ReadyStep

/** A nested plan, of its step the one at `which`: `enter` lays it into the step's scratch; then it can run at one
 * position after another. */
interface NestedRun {
  readonly byteLength: number
  enter(at: StepAddresses): void
  run(position: number, note?: Note): void
}

function nestedRun({ plan, places, arena }: Nested, ready: Ready, device: DeviceMemory, which = 0): NestedRun {
  // Its arena is a buffer of the outer plan.
  const sequence = createSequence({ ...plan, arenaBytes: 0 }, ready, device)
  const inner = plan.buffers.flatMap((b, i) => (b.kind === 'arena' ? [{ buffer: i, byteOffset: b.byteOffset }] : []))
  const inputs = places.map(({ buffer, ...place }, i) => {
    const own = plan.inputs[i].buffer
    const { size, dtype } = plan.buffers[own]
    return { ...place, own, outer: buffer, byteLength: size * byteSize(dtype) }
  })
  const still = inputs.filter((x) => x.count === 1)
  const moving = inputs.filter((x) => x.count !== 1)
  let outer: readonly number[] = []
  return {
    byteLength: sequence.sharedBytes + sequence.ownBytes,
    enter: ({ buffers, scratch }) => {
      outer = buffers
      sequence.place(scratch + sequence.sharedBytes)
      sequence.move(scratch)
      for (const { buffer, byteOffset } of inner) sequence.point(buffer, buffers[arena] + byteOffset)
      for (const x of still) sequence.point(x.own, buffers[x.outer])
    },
    run: (position, note) => {
      for (const x of moving) sequence.point(x.own, outer[x.outer] + x.byteLength * ((position + x.first) % x.count))
      sequence.run(note && ((path, start, end) => note([which, ...path], start, end)))
    },
  }
}

/** A plan run at each position of a scan, without a copy in between. */
export function scanStep(step: Scan, ready: Ready, device: DeviceMemory): ReadyStep {
  const { length, reverse } = step
  const { byteLength, enter, run } = nestedRun(step, ready, device)
  return {
    ...bareStep((at, note) => {
      enter(at)
      for (let i = 0; i < length; i++) run(reverse ? length - 1 - i : i, note)
    }),
    scratchBytes: byteLength,
  }
}

/** The one of two plans that a bool asks for. */
export function condStep({ predicate, branches }: Cond, ready: Ready, device: DeviceMemory): ReadyStep {
  const [whenTrue, whenFalse] = branches.map((branch, i) => nestedRun(branch, ready, device, i))
  return {
    ...bareStep((at, note) => {
      const { enter, run } = device.view('bool', at.buffers[predicate], 1)[0] ? whenTrue : whenFalse
      enter(at)
      run(0, note)
    }),
    scratchBytes: Math.max(whenTrue.byteLength, whenFalse.byteLength),
  }
}
