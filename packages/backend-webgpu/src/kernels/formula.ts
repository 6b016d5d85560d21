import type { Access, DType, Instruction, LoopKernel, ScalarOp } from '@gradloom/core'

/** The code of a loop's phase as it is written: each method gives the number of its value. */
export interface Formula {
  read(access: Access): number
  constant(value: number): number
  /** The number of an index of the loop, `offset` added. */
  index(axis: number, offset: number): number
  of(op: ScalarOp, ...args: readonly number[]): number
  /** A truth of two whole numbers. */
  compare(op: ScalarOp, ...args: readonly number[]): number
}

/** A loop over `outer` that writes one value a position. */
export function formulaLoop(outer: readonly number[], to: Access, write: (formula: Formula) => number): LoopKernel {
  const reads: Access[] = []
  const code: Instruction[] = []
  const dtype: DType = 'float32'
  const add = (i: Instruction): number => code.push(i) - 1
  const value = write({
    read: (access) => add({ op: 'read', dtype, read: reads.push(access) - 1 }),
    constant: (given) => add({ op: 'const', dtype, value: given }),
    index: (axis, offset) =>
      add({ op: 'index', dtype: 'int32', offset, strides: outer.map((_, d) => (d === axis ? 1 : 0)) }),
    of: (op, ...args) => add({ op, dtype, args }),
    compare: (op, ...args) => add({ op, dtype: 'bool', args }),
  })
  const phases = [{ over: 'inner' as const, code, reduce: [], write: [{ access: to, value }] }]
  return { outer, inner: [], reads, phases }
}
