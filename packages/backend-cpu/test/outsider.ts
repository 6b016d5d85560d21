import { defineOp, type Plugin } from '@gradloom/core'
import type { CpuWorkspaceKernel, MatrixView } from '../src/index.ts'

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

/** Does what a kernel may not, as `attrs` says. */
export const wrongOp = defineOp<{ readonly wrong: 'own array' | 'too large' | 'gaps' | 'promise' }>({
  name: 'acme/wrong',
  infer: ([x]) => x,
})
const wrong: CpuWorkspaceKernel<{ readonly wrong: string }> = {
  prepare: ({ attrs }) => ({
    scratch: 64,
    largest: 3,
    run: (_, { scratch, blas }) => {
      const a = dense(scratch, 4)
      const c = { ...a, at: 32 }
      if (attrs.wrong === 'own array') blas.gemm(2, 2, 2, 1, dense(new Float64Array(4), 2), a, 0, c)
      if (attrs.wrong === 'too large') blas.gemm(2, 2, 4, 1, a, a, 0, c)
      if (attrs.wrong === 'gaps') blas.gemm(2, 2, 2, 1, a, a, 0, { ...c, row: 8, column: 2 })
      return (attrs.wrong === 'promise' ? Promise.resolve() : undefined) as void
    },
  }),
}

export const acme: Plugin = {
  name: 'acme',
  ops: [productOp, rotateOp, wrongOp],
  kernels: { cpu: { 'acme/product': product, 'acme/rotate': rotate, 'acme/wrong': wrong } },
}
