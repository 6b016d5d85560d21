import type { DType, Plan } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import { checkPlan } from './check.ts'
import { bytesOf, factsOf, type StepFacts } from './facts.ts'
import { memoryText } from './memoryText.ts'
import { withText } from './text.ts'

/** A buffer of the arena: where it lies, and from the step that writes it to the last that uses it. */
export interface Band {
  /** Its number in the plan. */
  readonly buffer: number
  readonly dtype: DType
  /** Bytes of the arena, from `start` to before `end`. */
  readonly start: number
  readonly end: number
  /** Steps, both included. A buffer that another takes the place of, element by element, ends the step before. */
  readonly first: number
  readonly last: number
  /** What the step that writes it first does, and for whom. */
  readonly ops: StepFacts['ops']
  readonly scope: string
  readonly part: StepFacts['part']
  /** It is a result, which lives to the end. */
  readonly isOutput: boolean
}

/** The arena over the steps of a plan, as plain data; `String(it)` is a text. */
export interface MemoryTimeline {
  readonly arenaBytes: number
  /** By step: bytes of the buffers that live then. */
  readonly bytes: readonly number[]
  /** The most of these; the arena is larger where buffers leave gaps. */
  readonly peakBytes: number
  /** The first step at the peak; -1 where there is none. */
  readonly peakStep: number
  readonly steps: readonly StepFacts[]
  /** None overlaps another in bytes and steps. */
  readonly bands: readonly Band[]
  /** A text: how full the arena is over the steps, and its largest buffers. */
  toString(): string
}

/**
 * When each buffer of a plan's arena lives, and where. Inputs lie elsewhere. What a nested plan works in is a buffer of
 * the step that runs it.
 * @throws SettingError for what is no plan
 * @example memoryTimeline(await step.plan(feeds)).peakBytes
 */
export function memoryTimeline(plan: Plan): MemoryTimeline {
  checkPlan('memoryTimeline', plan)
  const { buffers, arenaBytes } = plan
  const steps = plan.steps.map((_, i) => factsOf(plan, i))
  const spans = new Map<number, { first: number; last: number }>()
  const results = new Set(plan.outputs.map((o) => o.buffer))
  plan.steps.forEach((step, i) => {
    const { reads, writes } = accessOf(step)
    for (const b of [...reads, ...writes]) {
      if (buffers[b].kind !== 'arena') continue
      const span = spans.get(b)
      if (span) span.last = i
      else spans.set(b, { first: i, last: i })
    }
  })
  const end = Math.max(0, steps.length - 1)
  const bands = [...spans].map(([buffer, { first, last }]): Band => {
    const { dtype, ...place } = buffers[buffer]
    const start = place.kind === 'arena' ? place.byteOffset : 0
    const { ops, scope, part } = steps[first]
    const isOutput = results.has(buffer)
    const where = { start, end: start + bytesOf(plan, buffer), first, last: isOutput ? end : last }
    return { buffer, dtype, ...where, ops, scope, part, isOutput }
  })
  const settled = bands.map((band) => (isReplaced(band, bands) ? { ...band, last: band.last - 1 } : band))
  const bytes = steps.map((_, i) =>
    settled.reduce((sum, b) => sum + (b.first <= i && i <= b.last ? b.end - b.start : 0), 0),
  )
  const peakBytes = bytes.reduce((most, n) => Math.max(most, n), 0)
  const data = { arenaBytes, bytes, peakBytes, peakStep: bytes.indexOf(peakBytes), steps, bands: settled }
  return withText(data, memoryText)
}

/** Whether another buffer is written over one in the last step that reads it. */
const isReplaced = (band: Band, all: readonly Band[]): boolean =>
  all.some(
    (b) => b !== band && b.first === band.last && b.first > band.first && b.start < band.end && band.start < b.end,
  )
