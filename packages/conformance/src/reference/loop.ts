import { KernelError, type Access, type Instruction, type LoopKernel, type Phase, type StepInfo } from '@gradloom/core'
import { fromHalves, toHalf } from '@gradloom/core/extend'
import type { Memory } from './buffer.ts'
import { dot, forEachIndex } from './indices.ts'
import { accumulator } from './reduce.ts'
import { rounder, scalarFunction } from './scalar.ts'

/** What instructions see: the memories by buffer number, the point (outer then inner indices), results of reductions.
 * */
interface Frame {
  readonly memories: readonly Memory[]
  readonly point: readonly number[]
  readonly reduced: readonly number[]
}
type Evaluate = (registers: readonly number[], frame: Frame) => number

function address(access: Access, { memories, point }: Frame, label: string): number {
  const at = access.offset + dot(access.strides, point)
  const { length } = memories[access.buffer].data
  if (!(at >= 0 && at < length))
    throw new KernelError(`${label}: the plan leaves buffer ${access.buffer} of ${length} elements at ${at}`)
  return at
}

function compileInstruction(
  instruction: Instruction,
  code: readonly Instruction[],
  kernel: LoopKernel & StepInfo,
): Evaluate {
  switch (instruction.op) {
    case 'read': {
      const access = kernel.reads[(instruction as { readonly read: number }).read]
      return (_, frame) => {
        const at = address(access, frame, kernel.label)
        const { data, written } = frame.memories[access.buffer]
        if (!written[at])
          throw new KernelError(
            `${kernel.label}: the plan reads element ${at} of buffer ${access.buffer} before anything wrote it`,
          )
        return access.dtype === 'float16' ? fromHalves([data[at]])[0] : data[at]
      }
    }
    case 'const': {
      const value = rounder(instruction.dtype)((instruction as { readonly value: number }).value)
      return () => value
    }
    case 'index': {
      const { offset, strides } = instruction as { readonly offset: number; readonly strides: readonly number[] }
      return (_, { point }) => (offset + dot(strides, point)) | 0
    }
    case 'reduced': {
      const { value } = instruction as { readonly value: number }
      return (_, { reduced }) => reduced[value]
    }
    default: {
      const { op, dtype, args } = instruction as Extract<Instruction, { readonly args: readonly number[] }>
      const compute = scalarFunction(
        op,
        args.map((i) => code[i].dtype),
        dtype,
      )
      const [a, b, c, d, e] = args
      return (r) => compute(r[a], r[b], r[c], r[d], r[e])
    }
  }
}

function compilePhase(
  phase: Phase,
  kernel: LoopKernel & StepInfo,
): (frame: Frame, outer: readonly number[]) => number[] {
  const steps = phase.code.map((instruction) => compileInstruction(instruction, phase.code, kernel))
  const inner = phase.over === 'inner' ? kernel.inner : kernel.inner.map(() => 1)
  return (frame, outer) => {
    const accumulators = phase.reduce.map(({ kind, value }) => accumulator(kind, phase.code[value].dtype))
    const registers = new Array<number>(steps.length)
    const point = [...outer, ...inner]
    const at: Frame = { ...frame, point }
    forEachIndex(inner, (index) => {
      for (let i = 0; i < index.length; i++) point[outer.length + i] = index[i]
      for (let i = 0; i < steps.length; i++) registers[i] = steps[i](registers, at)
      phase.reduce.forEach(({ value }, i) => accumulators[i].take(registers[value]))
      for (const { access, value } of phase.write) {
        const to = address(access, at, kernel.label)
        const { data, written } = frame.memories[access.buffer]
        data[to] = access.dtype === 'float16' ? toHalf(registers[value]) : registers[value]
        written[to] = 1
      }
    })
    return accumulators.map((a) => a.result())
  }
}

/** A loop kernel as a function on memories, interpreted element by element. */
export function compileLoop(kernel: LoopKernel & StepInfo): (memories: readonly Memory[]) => void {
  const phases = kernel.phases.map((phase) => compilePhase(phase, kernel))
  return (memories) =>
    forEachIndex(kernel.outer, (outer) => {
      const reduced: number[] = []
      for (const run of phases) reduced.push(...run({ memories, point: [], reduced }, outer))
    })
}
