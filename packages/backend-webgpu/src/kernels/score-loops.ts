import { sizeOf, type Access, type KernelArgument, type LoopKernel } from '@gradloom/core'
import { formulaLoop } from './formula.ts'

const dtype = 'float32'
/** The results of a product that a loop takes before they are written, which have no memory. */
export const TAKEN = -1

/** A loop that adds results to those that are there. */
export function addTo({ buffer, shape }: KernelArgument): LoopKernel {
  const all = { dtype, offset: 0, strides: [1] } as const
  return formulaLoop([sizeOf(shape)], { buffer, ...all }, (f) =>
    f.of('add', f.read({ buffer, ...all }), f.read({ buffer: TAKEN, ...all })),
  )
}

/** Each row less its maximum, as e^x divided by the sum of the row; its maximum, and the logarithm of that sum. */
export function softmaxRows(rows: number, columns: number, buffer: number, tops: Access, logs: Access): LoopKernel {
  const row = { buffer, dtype, offset: 0, strides: [columns, 1] } as const
  const read = { op: 'read', dtype, read: 0 } as const
  const top = { op: 'reduced', dtype, value: 0 } as const
  const total = { op: 'reduced', dtype, value: 1 } as const
  const power = [read, top, { op: 'sub', dtype, args: [0, 1] }, { op: 'exp', dtype, args: [2] }] as const
  return {
    outer: [rows],
    inner: [columns],
    reads: [row],
    phases: [
      { over: 'inner', code: [read], reduce: [{ kind: 'max', value: 0 }], write: [] },
      { over: 'inner', code: power, reduce: [{ kind: 'sum', value: 3 }], write: [] },
      {
        over: 'inner',
        code: [...power, total, { op: 'div', dtype, args: [3, 4] }],
        reduce: [],
        write: [{ access: row, value: 5 }],
      },
      {
        over: 'outer',
        code: [top, total, { op: 'log', dtype, args: [1] }],
        reduce: [],
        write: [
          { access: tops, value: 0 },
          { access: logs, value: 2 },
        ],
      },
    ],
  }
}
