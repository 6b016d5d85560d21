import type { DType } from '../dtype.ts'
import { range, sizeOf } from '../shape.ts'
import type { Meta, Part } from '../graph/op.ts'
import type { Tensor } from '../graph/tensor.ts'
import { moving, own } from './affine.ts'
import { collapse } from './collapse.ts'
import { strided, type Demand } from './demand.ts'
import { createEmitter } from './emit.ts'
import type { Access, Contraction, Instruction, KernelCall, LoopKernel, Nested, Operand, Step } from '../plan/plan.ts'

/** The operand that `t` is: strides into the buffer behind its views. */
function operand(
  t: Tensor,
  batch: readonly number[],
  demand: Demand,
  bufferOf: (t: Tensor) => number,
): { -readonly [K in keyof Operand]: Operand[K] } {
  const { base, axes, offset, strides } = strided(t, demand.whole)
  const along = (axis: number): number => (axes.includes(axis) ? strides[axes.indexOf(axis)] : 0)
  const lead = t.rank - 2 - batch.length
  return {
    buffer: bufferOf(base),
    offset,
    batch: batch.map((_, i) => (lead + i < 0 ? 0 : along(lead + i))),
    row: along(t.rank - 2),
    column: along(t.rank - 1),
  }
}

export function contraction(t: Tensor, demand: Demand, bufferOf: (t: Tensor) => number): Contraction {
  const [a, b] = t.node.inputs
  const batch = t.shape.slice(0, -2)
  const step = {
    dtype: t.dtype,
    batch,
    m: a.shape[a.rank - 2],
    n: b.shape[b.rank - 1],
    k: a.shape[a.rank - 1],
    a: operand(a, batch, demand, bufferOf),
    b: operand(b, batch, demand, bufferOf),
    out: bufferOf(t),
  }
  // A batch axis of the left operand alone is more rows, if its rows go on in one stride.
  while (step.batch.length && step.b.batch.at(-1) === 0 && step.a.batch.at(-1) === step.m * step.a.row) {
    step.m *= step.batch.at(-1)!
    for (const part of [step, step.a, step.b]) part.batch = part.batch.slice(0, -1)
  }
  return step
}

/** The kernels that fill a result region by region: first the background, where regions leave some. */
export function assembly(t: Tensor, demand: Demand, bufferOf: (t: Tensor) => number): LoopKernel[] {
  const { fill, parts } = t.node.op.assemble!(t.node.inputs, t.node.attrs)
  const buffer = bufferOf(t)
  const covered = parts.reduce((n, p) => n + sizeOf(t.node.inputs[p.input].shape), 0) >= sizeOf(t.shape)
  const background = fill === null || covered ? [] : [flat(t, buffer, { op: 'const', dtype: t.dtype, value: fill })]
  return [...background, ...parts.map((part) => region(t, t.node.inputs[part.input], part, demand, bufferOf))]
}

/** A kernel of one instruction that writes elements in a row. */
function flat(
  { shape, dtype }: Meta,
  to: number,
  instruction: Instruction,
  reads: readonly Access[] = [],
  offset = 0,
): LoopKernel {
  return {
    outer: [sizeOf(shape)],
    inner: [],
    reads,
    phases: [
      { over: 'outer', code: [instruction], reduce: [], write: [{ access: whole(dtype, to, offset), value: 0 }] },
    ],
  }
}
const whole = (dtype: DType, buffer: number, offset = 0): Access => ({ buffer, dtype, offset, strides: [1] })
export const copyStep = (meta: Meta, from: number, to: number, fromOffset = 0, toOffset = 0): Step => ({
  type: 'loop',
  ...flat(meta, to, { op: 'read', dtype: meta.dtype, read: 0 }, [whole(meta.dtype, from, fromOffset)], toOffset),
  label: 'copy',
  scope: '',
})

function region(
  out: Tensor,
  input: Tensor,
  { offset, step }: Part,
  demand: Demand,
  bufferOf: (t: Tensor) => number,
): LoopKernel {
  const dims = moving(input.shape)
  const emitter = createEmitter(range(dims.length))
  const map = own(input.shape)
  const code = emitter.phase((t) => (demand.inlined(t) ? null : { buffer: bufferOf(t) }))
  const value = code.value(input, map)
  const placed = map.map((row, i) => ({
    offset: offset[i] + step[i] * row.offset,
    steps: row.steps.map((s) => s * step[i]),
  }))
  const write = [{ access: emitter.access(out, placed, bufferOf(out)), value }]
  return collapse({
    outer: dims.map((i) => input.shape[i]),
    inner: [],
    reads: emitter.reads,
    phases: [{ over: 'outer', code: code.code, reduce: [], write }],
  })
}

export function kernelCall(t: Tensor, bufferOf: (t: Tensor) => number): KernelCall {
  const argument = (x: Tensor): KernelCall['inputs'][number] => ({
    buffer: bufferOf(x),
    shape: x.shape,
    dtype: x.dtype,
  })
  return {
    name: t.node.op.name,
    attrs: t.node.attrs,
    inputs: t.node.inputs.map(argument),
    outputs: t.node.outputs.map(argument),
  }
}

/** The step with the buffers that `read` and `write` give for those it reads and writes. */
export function renumbered(step: Step, read: (buffer: number) => number, write: (buffer: number) => number): Step {
  const by =
    (number: (buffer: number) => number) =>
    <T extends { readonly buffer: number }>(x: T): T => ({ ...x, buffer: number(x.buffer) })
  const source = by(read)
  const target = by(write)
  if (step.type === 'contraction') return { ...step, a: source(step.a), b: source(step.b), out: write(step.out) }
  if (step.type === 'kernel') return { ...step, inputs: step.inputs.map(source), outputs: step.outputs.map(target) }
  const nested = <T extends Nested>(n: T): T => ({
    ...n,
    arena: write(n.arena),
    places: n.places.map((p, i) => (n.plan.inputs[i].written ? target(p) : source(p))),
  })
  if (step.type === 'scan') return nested(step)
  if (step.type === 'cond')
    return { ...step, predicate: read(step.predicate), branches: [nested(step.branches[0]), nested(step.branches[1])] }
  return {
    ...step,
    reads: step.reads.map(source),
    phases: step.phases.map((p) => ({ ...p, write: p.write.map((w) => ({ ...w, access: target(w.access) })) })),
  }
}
