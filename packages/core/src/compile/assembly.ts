import { KernelError } from '../errors.ts'
import type { DType } from '../dtype.ts'
import type { Part } from '../graph/form.ts'
import type { Meta } from '../graph/meta.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { Access, Instruction, LoopKernel, Step } from '../plan/plan.ts'
import { range, sizeOf } from '../shape.ts'
import { collapse } from './collapse.ts'
import { createEmitter } from './emit.ts'
import { moving } from './indexMap.ts'
import type { Stored } from './storage.ts'

const inARow = (dtype: DType, buffer: number, offset = 0): Access => ({ buffer, dtype, offset, strides: [1] })

/** A kernel of one instruction that writes elements in a row. */
function flat({ shape }: Meta, to: Access, instruction: Instruction, reads: readonly Access[] = []): LoopKernel {
  const phase = { over: 'outer', code: [instruction], reduce: [], write: [{ access: to, value: 0 }] } as const
  return { outer: [sizeOf(shape)], inner: [], reads, phases: [phase] }
}

/** Copies as many elements as `like` has from one position of a buffer to another. */
export function copyStep(like: Meta, from: number, to: number, fromOffset = 0, toOffset = 0): Step {
  const { dtype } = like
  const source = inARow(dtype, from, fromOffset)
  const kernel = flat(like, inARow(dtype, to, toOffset), { op: 'read', dtype, read: 0 }, [source])
  return { type: 'loop', ...kernel, label: 'copy', scope: '' }
}

/** The kernels that fill a result region by region: first the background, where regions leave some. */
export function assembly(t: Tensor, stored: Stored, bufferOf: (t: Tensor) => number): LoopKernel[] {
  const { op, inputs, attrs } = t.node
  if (op.form.kind !== 'assemble') throw new KernelError(`${op.name}: regions required to assemble it`)
  const { fill, parts } = op.form.assemble(inputs, attrs)
  let covered = 0
  for (const { input } of parts) covered += sizeOf(inputs[input].shape)
  const kernels = parts.map((part) => region(t, inputs[part.input], part, stored, bufferOf))
  if (fill === null || covered >= sizeOf(t.shape)) return kernels
  return [flat(t, inARow(t.dtype, bufferOf(t)), { op: 'const', dtype: t.dtype, value: fill }), ...kernels]
}

function region(
  out: Tensor,
  input: Tensor,
  { offset, step }: Part,
  stored: Stored,
  bufferOf: (t: Tensor) => number,
): LoopKernel {
  const dims = moving(input.shape)
  const emitter = createEmitter(range(dims.length), stored)
  const map = stored.own(input.shape)
  const code = emitter.phase((t) => (stored.isInlined(t) ? null : { buffer: bufferOf(t) }))
  const value = code.value(input, map)
  const target = map.map((row, i) => ({
    offset: offset[i] + step[i] * row.offset,
    steps: row.steps.map((s) => s * step[i]),
  }))
  const write = [{ access: emitter.access(out, target, bufferOf(out)), value }]
  return collapse({
    outer: dims.map((i) => input.shape[i]),
    inner: [],
    reads: emitter.reads,
    phases: [{ over: 'outer', code: code.code, reduce: [], write }],
  })
}
