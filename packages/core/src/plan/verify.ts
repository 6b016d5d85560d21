import { byteSize } from '../dtype.ts'
import { sizeOf } from '../shape.ts'
import type { Limits } from './backend.ts'
import { createRegions, type Region } from './regions.ts'
import type { Plan } from './plan.ts'
import { verifyAccess, writesInPlace, writtenBefore } from './verifyAccess.ts'
import { accessOf, nestedOf } from './visit.ts'

/** A plan that breaks a rule of plans: a mistake of who made it, never of a run. */
export class PlanError extends Error {
  override readonly name = 'PlanError'
  readonly code = 'PLAN'
}

/** Says what a step, or the plan as a whole, does wrong to buffers. */
export type Report = (what: string, ...buffers: readonly number[]) => never

/** As the docstring of {@link PlanBuffer} has it, where a backend asks for nothing else. */
const ALIGNMENT = 64

/**
 * Checks that a plan can run on any memory:
 * - every place lies within the arena, at a multiple of `alignment`, and every access within its buffer;
 * - every buffer of the arena is written before it is read, and results are there at the end;
 * - no two buffers that are in use at the same time overlap, but where a loop kernel writes element by element over
 *   what it reads for the last time;
 * - steps write no inputs but those that say `written`, and no element twice in one pass;
 * - the same of plans within steps, whose inputs are as large as the parts of the buffers they lie in.
 *
 * It takes time in proportion to the plan, times the logarithm of the buffers in use.
 * @throws PlanError naming the step, its buffers, and where they lie
 * @example for (const plan of await step.plans(feeds)) verifyPlan(plan) */
export function verifyPlan(plan: Plan, { alignment = ALIGNMENT }: Limits = {}): void {
  verify(plan, { alignment, path: 'plan', isThere: () => true })
}

interface Outside {
  readonly alignment: number
  /** Which plan it is, for messages. */
  readonly path: string
  /** Whether an input has a value before the plan runs. */
  isThere(input: number): boolean
}

function verify(plan: Plan, { alignment, path, isThere }: Outside): void {
  const { buffers, inputs, steps, outputs } = plan
  const reportAt =
    (where: string): Report =>
    (what, ...at) => {
      throw new PlanError(`${where}: ${what}${at.map((b) => `; ${describe(plan, b)}`).join('')}`)
    }
  const report = reportAt(path)
  verifyBuffers(plan, alignment, report)

  const lastUse = lastUses(plan)
  const written = new Set(inputs.flatMap(({ buffer }, i) => (isThere(i) ? [buffer] : [])))
  const regions = createRegions()
  const placed = new Map<number, Region>()
  steps.forEach((step, i) => {
    const where = `${path}, step ${i} (${step.label})`
    const reportStep = reportAt(where)
    verifyAccess(step, plan, reportStep)
    const access = accessOf(step)
    const writes = new Set(access.writes)
    for (const b of new Set(access.reads)) {
      if (!written.has(b) && !writtenBefore(step, b)) reportStep('a value that was written required, got none', b)
      if (writes.has(b) && !writesInPlace(step, b, b))
        reportStep('a step that reads and writes a buffer element by element required, got another', b)
    }
    const ends = (b: number): boolean => lastUse.get(b) === i
    for (const b of writes) {
      const buffer = buffers[b]
      if (buffer.kind === 'input') {
        if (!inputs[buffer.input].written) reportStep('an input that says `written` required to write it', b)
        continue
      }
      if (placed.has(b)) continue
      const start = buffer.byteOffset
      const region = { buffer: b, start, stop: start + bytesOf(plan, b) }
      placed.set(b, region)
      for (let other = regions.add(region); other; other = regions.add(region)) {
        const isFree = ends(other.buffer) && !writes.has(other.buffer) && other.start === start
        if (!isFree || !writesInPlace(step, other.buffer, b))
          reportStep(
            `memory that nothing uses required, got some that step ${lastUse.get(other.buffer)} uses`,
            b,
            other.buffer,
          )
        regions.remove(other)
      }
    }
    for (const { plan: inner, places } of nestedOf(step)) {
      verify(inner, { alignment, path: where, isThere: (k) => written.has(places[k].buffer) })
    }
    for (const b of writes) written.add(b)
    for (const b of new Set([...access.reads, ...writes])) {
      const region = placed.get(b)
      if (region && ends(b)) regions.remove(region)
    }
  })
  for (const { buffer } of outputs) if (!written.has(buffer)) report('a result that a step writes required', buffer)
}

/** The step that uses each buffer last; results are used after all steps. */
function lastUses({ steps, outputs }: Plan): ReadonlyMap<number, number> {
  const last = new Map<number, number>()
  steps.forEach((step, i) => {
    const { reads, writes } = accessOf(step)
    for (const b of reads) last.set(b, i)
    for (const b of writes) last.set(b, i)
  })
  for (const { buffer } of outputs) last.set(buffer, steps.length)
  return last
}

/** Places, and what inputs and outputs say of their buffers. */
function verifyBuffers(plan: Plan, alignment: number, report: Report): void {
  const { buffers, inputs, outputs, arenaBytes } = plan
  buffers.forEach((b, i) => {
    if (!Number.isSafeInteger(b.size) || b.size < 0) report('sizes that are counts required', i)
    if (b.kind === 'input') {
      if (inputs[b.input]?.buffer !== i) report(`an input ${b.input} that is this buffer required`, i)
      return
    }
    const isWithin = b.byteOffset >= 0 && b.byteOffset + bytesOf(plan, i) <= arenaBytes
    if (!isWithin) report(`a place within the arena of ${arenaBytes} bytes required`, i)
    if (b.byteOffset % alignment !== 0) report(`a place at a multiple of ${alignment} bytes required`, i)
  })
  for (const { buffer, shape, dtype } of [...inputs, ...outputs]) {
    const b = buffers[buffer]
    if (!b) report(`a buffer required, got number ${buffer} of ${buffers.length}`)
    if (b.size !== sizeOf(shape) || b.dtype !== dtype) report(`${dtype} [${shape}] required`, buffer)
  }
  inputs.forEach(({ buffer }, i) => {
    const b = buffers[buffer]
    if (b.kind !== 'input' || b.input !== i) report(`a buffer that is input ${i} required`, buffer)
  })
}

const bytesOf = ({ buffers }: Plan, b: number): number => buffers[b].size * byteSize(buffers[b].dtype)

function describe(plan: Plan, b: number): string {
  const buffer = plan.buffers[b]
  if (!buffer) return `there is no buffer ${b}`
  const what = `buffer ${b}, ${buffer.size} ${buffer.dtype}`
  if (buffer.kind === 'input')
    return `${what}, input ${buffer.input} ${plan.inputs[buffer.input]?.name ?? ''}`.trimEnd()
  return `${what}, bytes ${buffer.byteOffset} to ${buffer.byteOffset + bytesOf(plan, b)} of the arena`
}
