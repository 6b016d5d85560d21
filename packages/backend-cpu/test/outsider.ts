import { defineOp, type Plugin } from '@gradloom/core'
import type { CpuWorkspaceKernel, MatrixView, Tools } from '../src/index.ts'

/** A package of somebody else: products of stored transposes, and rotations, on what backend-cpu exports. */
export interface ProductAttrs {
  readonly turnA: boolean
  readonly turnB: boolean
  /** Whether C is computed as its transpose lies in scratch memory. */
  readonly turnC: boolean
  readonly alpha: number
}

type Real = Float32Array | Float64Array
const dense = <T>(data: T, columns: number): MatrixView<T> => ({ data, at: 0, row: columns, column: 1 })
const turned = <T>({ data, at, row, column }: MatrixView<T>): MatrixView<T> => ({ data, at, row: column, column: row })

export const productOp = defineOp<ProductAttrs>({
  name: 'acme/product',
  infer: ([a, b], { turnA, turnB }) => ({
    shape: [a.shape[turnA ? 1 : 0], b.shape[turnB ? 0 : 1]],
    dtype: a.dtype,
  }),
})

/** 2 alpha A B, in two steps: alpha A B, then as much again. */
const product: CpuWorkspaceKernel<ProductAttrs> = {
  prepare: ({ inputs: [{ shape: shapeA }, { shape: shapeB }], outputs: [{ shape }], attrs }) => {
    const { turnA, turnB, turnC, alpha } = attrs
    const [m, n] = shape
    const k = shapeA[turnA ? 0 : 1]
    return {
      scratch: m * n,
      largest: Math.max(...shapeA, ...shapeB),
      run: ({ inputs: [a, b], outputs: [c] }, { scratch, blas }) => {
        const left = dense(a.data as Real, shapeA[1])
        const right = dense(b.data as Real, shapeB[1])
        const room = c.dtype === 'float32' ? new Float32Array(scratch.buffer, scratch.byteOffset, m * n) : scratch
        const out = turnC ? turned(dense<Real>(room, m)) : dense<Real>(room, n)
        for (const beta of [0, 1])
          blas.gemm(m, n, k, alpha, turnA ? turned(left) : left, turnB ? turned(right) : right, beta, out)
        for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) c.data[i * n + j] = room[i * out.row + j * out.column]
      },
    }
  },
}

export const rotateOp = defineOp({ name: 'acme/rotate', infer: ([x]) => x })
const rotate: CpuWorkspaceKernel = {
  prepare: ({ inputs: [{ shape }, sweeps] }) => ({
    scratch: sweeps.shape[0],
    largest: 0,
    run: ({ inputs: [x, list], outputs: [y] }, { scratch, blas }) => {
      y.data.set(x.data)
      scratch.set(list.data)
      blas.rotate(dense(y.data as Float64Array, shape[1]), shape[1], scratch, scratch.length)
    },
  }),
}

type Run = (tools: Tools, a: MatrixView, c: MatrixView) => unknown
const rotateBy =
  (sweeps: readonly number[], length: number, x: Partial<MatrixView<unknown>> = {}, columns = 2): Run =>
  ({ scratch, blas }, a) => {
    const list = scratch.subarray(40)
    list.set(sweeps)
    blas.rotate({ ...a, ...x } as MatrixView, columns, list, length)
  }
/** What a kernel may not do, with A and C in scratch memory of 64, from 0 and 32 on, 4 to a row. */
const wrongRuns = {
  'own array': ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, dense(new Float64Array(4), 2), a, 0, c),
  'too large': ({ blas }, a, c) => blas.gemm(2, 2, 4, 1, a, a, 0, c),
  gaps: ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, a, a, 0, { ...c, row: 8, column: 2 }),
  promise: () => Promise.resolve(),
  'A past its end': ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, { ...a, at: 59 }, a, 0, c),
  'B past its end': ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, a, { ...a, row: 63 }, 0, c),
  'C past its end': ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, a, a, 0, { ...c, at: 59 }),
  'vector past its end': ({ blas }, a, c) => blas.gemm(3, 1, 1, 1, a, a, 0, { ...c, row: 16 }),
  'part of an array': ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, { ...a, data: a.data.subarray(0, 5) }, a, 0, c),
  'before its beginning': ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, { ...a, at: -1 }, a, 0, c),
  'broken stride': ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, a, { ...a, row: 2.5 }, 0, c),
  'no place': ({ blas }, a, c) => blas.gemm(2, 2, 2, 1, a, a, 0, { ...c, at: NaN }),
  'broken size': ({ blas }, a, c) => blas.gemm(2, 1.5, 2, 1, a, a, 0, c),
  'no size': ({ blas }, a, c) => blas.gemm(NaN, 2, 2, 1, a, a, 0, c),
  'negative size': ({ blas }, a, c) => blas.gemm(2, 2, -1, 1, a, a, 0, c),
  mixed: ({ blas }, a, c) =>
    blas.gemm<Real>(2, 2, 2, 1, { ...a, data: new Float32Array(a.data.buffer, a.data.byteOffset, 64) }, a, 0, c),
  'whole numbers': ({ blas }, a) => {
    const x = dense(new Int32Array(a.data.buffer, a.data.byteOffset, 64) as unknown as Float32Array, 4)
    blas.gemm(2, 2, 2, 1, x, x, 0, { ...x, at: 32 })
  },
  'float32 rows': (tools, a) =>
    rotateBy([0, 1, 1, 0], 4, { data: new Float32Array(a.data.buffer, a.data.byteOffset, 64) })(tools, a, a),
  'rows past their end': rotateBy([14, 2, 1, 0, 1, 0], 6),
  'columns past their end': rotateBy([14, 1, 1, 0], 4, {}, 5),
  'broken columns': rotateBy([0, 1, 1, 0], 4, {}, 1.5),
  'row before the first': rotateBy([-1, 1, 1, 0], 4),
  'sweep of no count': rotateBy([0, NaN, 1, 0], 4),
  'sweep past length': rotateBy([0, 2, 1, 0], 4),
  'length past its array': rotateBy([0, 12], 26),
} as const satisfies Readonly<Record<string, Run>>
/** What `prepare` may not give. */
const wrongPlans = {
  'broken scratch': { scratch: 1.5 },
  'no scratch': { scratch: undefined },
  'negative largest': { largest: -1 },
  'no run': { run: 1 },
  'unknown key': { workspace: 64 },
} as const

export type Wrong = keyof typeof wrongRuns | keyof typeof wrongPlans | 'nothing prepared' | 'prepared later'
/** Does what a kernel may not, as `attrs` says. */
export const wrongOp = defineOp<{ readonly wrong: Wrong }>({ name: 'acme/wrong', infer: ([x]) => x })
const wrong: CpuWorkspaceKernel<{ readonly wrong: Wrong }> = {
  prepare: ({ attrs: { wrong: kind } }) => {
    if (kind === 'nothing prepared') return undefined as never
    const plan = {
      scratch: 64,
      largest: 3,
      run: (_: unknown, tools: Tools) => {
        const a = dense(tools.scratch, 4)
        return (wrongRuns as Readonly<Record<string, Run>>)[kind](tools, a, { ...a, at: 32 }) as void
      },
      ...(wrongPlans as Readonly<Record<string, object>>)[kind],
    }
    return kind === 'prepared later' ? (Promise.reject(new Error('late')) as never) : plan
  },
}

export const acme: Plugin = {
  name: 'acme',
  ops: [productOp, rotateOp, wrongOp],
  kernels: { cpu: { 'acme/product': product, 'acme/rotate': rotate, 'acme/wrong': wrong } },
}
