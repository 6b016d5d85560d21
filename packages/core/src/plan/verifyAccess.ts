import { byteSize } from '../dtype.ts'
import { sizeOf } from '../shape.ts'
import type { Access, Contraction, KernelCall, LoopKernel, Nested, Operand, Plan, Step } from './plan.ts'
import type { Report } from './verify.ts'
import { accessOf } from './visit.ts'

type Loop = Extract<Step, { readonly type: 'loop' }>
type Strided = Pick<Access, 'offset' | 'strides'>

/** Checks that all that a step reads and writes lies within its buffers, and has their dtypes. */
export function verifyAccess(step: Step, plan: Plan, report: Report): void {
  const { reads, writes } = accessOf(step)
  for (const b of [...reads, ...writes])
    if (!plan.buffers[b]) report(`a buffer required, got number ${b} of ${plan.buffers.length}`)
  switch (step.type) {
    case 'loop':
      verifyLoop(step, plan, report)
      return
    case 'contraction':
      verifyContraction(step, plan, report)
      return
    case 'kernel':
      verifyKernel(step, plan, report)
      return
    case 'scan':
      verifyNested(step, step.length, plan, report)
      return
    case 'cond': {
      const { dtype, size } = plan.buffers[step.predicate]
      if (dtype !== 'bool' || size !== 1) report('a bool as predicate required', step.predicate)
      for (const branch of step.branches) verifyNested(branch, 1, plan, report)
      const [whenTrue, whenFalse] = step.branches.map(resultsOf)
      for (const b of new Set([...whenTrue, ...whenFalse]))
        if (!whenTrue.has(b) || !whenFalse.has(b)) report('results that both branches write required', b)
    }
  }
}

/** Whether an access stays within so many elements, at all indices of a space. */
function isWithin({ offset, strides }: Strided, sizes: readonly number[], size: number): boolean {
  if (strides.length !== sizes.length) return false
  if (sizes.includes(0)) return true
  let low = offset
  let high = offset
  strides.forEach((stride, d) => {
    if (stride < 0) low += stride * (sizes[d] - 1)
    else high += stride * (sizes[d] - 1)
  })
  return low >= 0 && high < size
}

/** Whether an access is to another element at each index: every stride steps over all that the smaller ones reach. */
function isInjective({ strides }: Strided, sizes: readonly number[]): boolean {
  if (sizes.includes(0)) return true
  const dims = strides.map((stride, d) => ({ stride: Math.abs(stride), size: sizes[d] })).filter((d) => d.size > 1)
  let reach = 0
  for (const { stride, size } of dims.sort((a, b) => a.stride - b.stride)) {
    if (stride <= reach) return false
    reach += stride * (size - 1)
  }
  return true
}

function verifyLoop({ outer, inner, reads, phases }: LoopKernel, { buffers }: Plan, report: Report): void {
  const check = (a: Access, sizes: readonly number[]): void => {
    const { dtype, size } = buffers[a.buffer]
    if (dtype !== a.dtype) report(`${a.dtype} required`, a.buffer)
    if (!isWithin(a, sizes, size))
      report(`indices within the buffer required, got ${a.offset} and strides [${a.strides}] over [${sizes}]`, a.buffer)
  }
  for (const { over, code, write } of phases) {
    const sizes = [...outer, ...inner.map((n) => (over === 'inner' ? n : 1))]
    for (const c of code) if (c.op === 'read') check(reads[c.read], sizes)
    for (const { access } of write) {
      check(access, sizes)
      if (!isInjective(access, sizes))
        report(`each element written once required, got strides [${access.strides}] over [${sizes}]`, access.buffer)
    }
  }
}

function verifyContraction({ dtype, batch, m, n, k, a, b, out }: Contraction, { buffers }: Plan, report: Report): void {
  const check = (x: Operand, rows: number, columns: number): void => {
    const access = { offset: x.offset, strides: [...x.batch, x.row, x.column] }
    if (!isWithin(access, [...batch, rows, columns], buffers[x.buffer].size))
      report(`[${[...batch, rows, columns]}] within the buffer required, got strides [${access.strides}]`, x.buffer)
  }
  check(a, m, k)
  check(b, k, n)
  if (buffers[out].size !== sizeOf(batch) * m * n) report(`[${[...batch, m, n]}] as result required`, out)
  for (const x of [a.buffer, b.buffer, out]) if (buffers[x].dtype !== dtype) report(`${dtype} required`, x)
}

function verifyKernel({ inputs, outputs }: KernelCall, { buffers }: Plan, report: Report): void {
  for (const { buffer, shape, dtype } of [...inputs, ...outputs]) {
    const b = buffers[buffer]
    if (b.size !== sizeOf(shape) || b.dtype !== dtype) report(`${dtype} [${shape}] required`, buffer)
  }
}

/** The outer buffers that a nested plan writes, besides its arena. */
const resultsOf = ({ plan, places }: Nested): ReadonlySet<number> =>
  new Set(places.filter((_, i) => plan.inputs[i].written).map((p) => p.buffer))

/** Checks where the inputs and the arena of a nested plan lie that runs at so many positions. */
function verifyNested({ plan, places, arena }: Nested, length: number, { buffers }: Plan, report: Report): void {
  const { inputs, outputs, arenaBytes } = plan
  if (outputs.length) report(`a plan without outputs required within a step, got ${outputs.length}`)
  if (places.length !== inputs.length) report(`${inputs.length} places required, got ${places.length}`)
  const room = buffers[arena]
  if (room.size * byteSize(room.dtype) < arenaBytes) report(`an arena of ${arenaBytes} bytes required`, arena)
  places.forEach(({ buffer, first, count }, i) => {
    const { dtype, size } = plan.buffers[inputs[i].buffer]
    const b = buffers[buffer]
    if (b.size !== size * count || b.dtype !== dtype) report(`${count} parts of ${size} ${dtype} required`, buffer)
    if (first < 0 || (length > 0 && count < 1)) report(`a part required, got ${first} of ${count}`, buffer)
  })
}

/** The phases of a loop in which it reads a buffer. */
function* readsOf({ reads, phases }: Loop, buffer: number): Generator<{ phase: number; access: Access }> {
  for (const [phase, { code }] of phases.entries())
    for (const c of code) if (c.op === 'read' && reads[c.read].buffer === buffer) yield { phase, access: reads[c.read] }
}
function* writesOf({ phases }: Loop, buffer: number): Generator<{ phase: number; access: Access }> {
  for (const [phase, { write }] of phases.entries())
    for (const { access } of write) if (access.buffer === buffer) yield { phase, access }
}

const sameElements = (a: Access, b: Access): boolean =>
  byteSize(a.dtype) === byteSize(b.dtype) && a.offset === b.offset && a.strides.every((s, d) => s === b.strides[d])

/** Whether a loop reads a buffer only in phases after one that wrote it. */
export function writtenBefore(step: Step, buffer: number): boolean {
  if (step.type !== 'loop') return false
  const [first] = writesOf(step, buffer)
  return first !== undefined && [...readsOf(step, buffer)].every((r) => r.phase > first.phase)
}

/**
 * Whether a step may write `target` in memory that it reads as `source`: a loop that reads and writes the same element
 * at each index. Where they are two buffers it reads in no phase after the first that writes.
 * A nested plan may use other parts of a buffer than it writes.
 */
export function writesInPlace(step: Step, source: number, target: number): boolean {
  if (step.type === 'scan') return source === target && usesOtherParts(step, step.length, source)
  if (step.type !== 'loop') return false
  const reads = [...readsOf(step, source)]
  const writes = [...writesOf(step, target)]
  const [first] = writes
  return (
    [...reads, ...writes].every((x) => sameElements(x.access, first.access)) &&
    (source === target || reads.every((r) => r.phase <= first.phase))
  )
}

/** Whether no two places of a nested plan in a buffer are one part of it at the same position. */
function usesOtherParts({ places }: Nested, length: number, buffer: number): boolean {
  if (length === 0) return true
  const own = places.filter((p) => p.buffer === buffer)
  const parts = new Set(own.map((p) => p.first % p.count))
  return parts.size === own.length && own.every((p) => p.count === own[0].count)
}
