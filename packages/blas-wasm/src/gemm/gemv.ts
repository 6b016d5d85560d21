import type { Lanes, Real } from '../lanes.ts'
import { total } from '../level1/reduce.ts'
import { emitCopy } from '../level1/update.ts'
import type { FunctionBuilder, Local } from '../wasm/function.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { i32 } from '../wasm/scalar.ts'
import { v128 } from '../wasm/simd.ts'
import type { Operand, Value } from '../wasm/value.ts'
import { emitScale } from './scale.ts'

const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
export type Gemv = FunctionHandle<readonly [...typeof params, Real, Real, 'i32'], 'i32'>

/** Rows or columns of A that are read together: enough streams to hide latencies, few enough to keep in registers. */
const GROUP = 4

/**
 * `gemv(a, rsA, csA, x, incX, y, incY, m, n, alpha, beta, scratch)`: y = alpha A x + beta y for A with contiguous rows
 * or columns; gives 0, with nothing done, for other strides (that is work for gemm). x and y start at their addresses
 * whatever the signs of their increments. m, n at least 1. `scratch`: m + n elements. The bits of y[i] depend on row i,
 * x and n only.
 */
export function emitGemv(m: Module, lanes: Lanes): Gemv {
  const { bytes, shift } = lanes
  const copy = emitCopy(m, lanes)
  const scale = emitScale(m, lanes)
  const rowsOf = [GROUP, 1].map((count) => emitRows(m, lanes, count))
  const columnsOf = [GROUP, 1].map((count) => emitColumns(m, lanes, count))
  return m.shared(
    { name: `${lanes.key}.gemv`, params: [...params, lanes.type, lanes.type, 'i32'] as const, result: 'i32' },
    (f) => {
      const [a, rsA, csA, x, incX, y, incY, rows, columns, alpha, beta, scratch] = f.params
      const [k, at] = [f.local('i32'), f.local('i32')]
      const yStep = f.let(i32.shl(incY, shift))
      /** Calls `visit` for groups of GROUP, then for single ones. */
      const grouped = (count: Local<'i32'>, visit: (size: 0 | 1) => void): void => {
        f.for(k, 0, f.let(i32.and(count, -GROUP)), GROUP, () => visit(0))
        f.for(k, f.let(i32.and(count, -GROUP)), count, 1, () => visit(1))
      }
      f.if(i32.eq(csA, 1), () => {
        f.if(i32.ne(incX, 1), () => {
          gather(f, copy, columns, x, incX, scratch, shift)
          f.set(x, scratch)
        })
        const aRow = f.let(i32.shl(rsA, shift))
        grouped(rows, (size) => {
          const count = size === 0 ? GROUP : 1
          f.do(rowsOf[size]!.call(a, aRow, x, columns, y, yStep, alpha, beta))
          f.advance(a, i32.mul(aRow, count))
          f.advance(y, i32.mul(yStep, count))
        })
        f.return(i32.const(1))
      })
      f.if(i32.eq(rsA, 1), () => {
        const to = f.let(y)
        f.if(i32.ne(incY, 1), () => {
          gather(f, copy, rows, y, incY, scratch, shift)
          f.set(to, scratch)
        })
        f.do(scale.call(to, 0, 1, rows, beta))
        const [aColumn, xStep] = [f.let(i32.shl(csA, shift)), f.let(i32.shl(incX, shift))]
        f.set(at, x)
        grouped(columns, (size) => {
          const count = size === 0 ? GROUP : 1
          f.do(columnsOf[size]!.call(a, aColumn, at, xStep, rows, to, alpha))
          f.advance(a, i32.mul(aColumn, count))
          f.advance(at, i32.mul(xStep, count))
        })
        f.if(i32.ne(incY, 1), () => {
          f.set(at, to)
          f.for(k, 0, rows, 1, () => {
            f.store(lanes.type, y, lanes.scalar.load(at))
            f.advance(at, bytes)
            f.advance(y, yStep)
          })
        })
        f.return(i32.const(1))
      })
      f.return(i32.const(0))
    },
  )
}

/** Copies a strided vector to contiguous memory. `copy` takes BLAS addresses: the lowest one. */
function gather(
  f: FunctionBuilder,
  copy: ReturnType<typeof emitCopy>,
  n: Local<'i32'>,
  x: Local<'i32'>,
  incX: Local<'i32'>,
  to: Local<'i32'>,
  shift: number,
): void {
  const back = i32.shl(i32.mul(i32.sub(n, 1), incX), shift)
  const lowest = f.let(x)
  f.if(i32.ltS(incX, 0), () => f.set(lowest, i32.add(x, back)))
  f.do(copy.call(n, lowest, incX, to, 1))
}

/** `rows(a, aRow, x, n, y, yStep, alpha, beta)`: `count` elements of y, each the product of a contiguous row with a
 * contiguous x. */
function emitRows(
  m: Module,
  lanes: Lanes,
  count: number,
): FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', Real, Real]> {
  const unroll = 2
  return m.shared(
    {
      name: `${lanes.key}.rows${count}`,
      params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', lanes.type, lanes.type] as const,
    },
    (f) => {
      const [a, aRow, x, n, y, yStep, alpha, beta] = f.params
      const sums = Array.from({ length: count }, () => Array.from({ length: unroll }, () => f.local('v128')))
      const pointers: Local<'i32'>[] = []
      for (let r = 0; r < count; r++) pointers.push(f.let(r === 0 ? a : i32.add(pointers[r - 1]!, aRow)))
      const left = f.let(n)
      const stride = (
        size: number,
        vectors: number,
        load: (p: Operand<'i32'>, offset: number) => Value<'v128'>,
      ): void =>
        f.while(i32.geS(left, size * vectors), () => {
          for (let u = 0; u < vectors; u++) {
            const v = f.let(load(x, u * 16))
            pointers.forEach((p, r) => f.set(sums[r]![u]!, lanes.fma(load(p, u * 16), v, sums[r]![u]!)))
          }
          for (const p of [...pointers, x]) f.advance(p, size * vectors * lanes.bytes)
          f.advance(left, -size * vectors)
        })
      stride(lanes.count, unroll, v128.load)
      stride(lanes.count, 1, v128.load)
      stride(1, 1, lanes.loadZero)
      for (const sum of sums) {
        const product = f.let(lanes.scalar.mul(alpha, total(lanes, sum)))
        f.if(
          lanes.scalar.eq(beta, 0),
          () => f.store(lanes.type, y, product),
          () => f.store(lanes.type, y, lanes.scalar.add(product, lanes.scalar.mul(beta, lanes.scalar.load(y)))),
        )
        f.advance(y, yStep)
      }
    },
  )
}

/** `columns(a, aColumn, x, xStep, m, y, alpha)`: adds `count` contiguous columns, times alpha x, to a contiguous y. */
function emitColumns(
  m: Module,
  lanes: Lanes,
  count: number,
): FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', Real]> {
  return m.shared(
    { name: `${lanes.key}.columns${count}`, params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', lanes.type] as const },
    (f) => {
      const [a, aColumn, x, xStep, n, y, alpha] = f.params
      const factors: Value<'v128'>[] = []
      const pointers: Local<'i32'>[] = []
      for (let c = 0; c < count; c++) {
        pointers.push(f.let(c === 0 ? a : i32.add(pointers[c - 1]!, aColumn)))
        factors.push(f.let(lanes.vector.splat(lanes.scalar.mul(alpha, lanes.scalar.load(x)))))
        f.advance(x, xStep)
      }
      const left = f.let(n)
      const stride = (
        size: number,
        load: (p: Operand<'i32'>) => Value<'v128'>,
        store: (v: Value<'v128'>) => void,
      ): void =>
        f.while(i32.geS(left, size), () => {
          store(pointers.reduce((sum, p, c) => lanes.fma(factors[c]!, load(p), sum), load(y)))
          for (const p of [...pointers, y]) f.advance(p, size * lanes.bytes)
          f.advance(left, -size)
        })
      stride(lanes.count, v128.load, (v) => f.store('v128', y, v))
      stride(1, lanes.loadZero, (v) => f.store(lanes.type, y, lanes.vector.extractLane(v, 0)))
    },
  )
}
