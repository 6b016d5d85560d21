import type { Lanes } from '../lanes.ts'
import type { FunctionBuilder, Local } from '../wasm/function.ts'
import { i32 } from '../wasm/scalar.ts'
import type { Operand, Value } from '../wasm/value.ts'

/** A vector argument of a level 1 routine: its address and its increment in elements. */
export type Strided = readonly [address: Local<'i32'>, increment: Local<'i32'>]

/**
 * Walks n elements of one or two vectors. Contiguous ones go `unroll` SIMD vectors at a time, then one, then by
 * elements; others by elements.
 * With a negative increment element 0 is the last in memory, as BLAS has it. `body(step, addresses)`: `step` is the
 * vector's position in the group (0 <= step < unroll), or -1 for a single element; offsets are in bytes from the
 * addresses.
 */
export function walk(
  f: FunctionBuilder,
  lanes: Lanes,
  n: Operand<'i32'>,
  vectors: readonly Strided[],
  unroll: number,
  body: (step: number, addresses: readonly Local<'i32'>[], byteOffset: number) => void,
): void {
  const left = f.let(i32.add(n, 0))
  const at = vectors.map(([address]) => address)
  const advance = (steps: readonly Operand<'i32'>[], count: number): void => {
    at.forEach((p, k) => f.advance(p, steps[k]!))
    f.advance(left, -count)
  }
  const isContiguous = vectors
    .map(([, increment]): Value<'i32'> => i32.eq(increment, 1))
    .reduce((a, b) => i32.and(a, b))
  f.if(isContiguous, () => {
    for (const group of unroll > 1 ? [unroll, 1] : [1]) {
      const count = group * lanes.count
      f.while(i32.geS(left, count), () => {
        for (let step = 0; step < group; step++) body(step, at, step * 16)
        advance(
          at.map(() => group * 16),
          count,
        )
      })
    }
  })
  const steps = vectors.map(([, increment]) => f.let(i32.shl(increment, lanes.shift)))
  // Contiguous vectors have positive steps, so moving to the first element is for the others only.
  vectors.forEach(([p], k) =>
    f.if(i32.ltS(steps[k]!, 0), () => f.set(p, i32.sub(p, i32.mul(i32.sub(left, 1), steps[k]!)))),
  )
  f.while(i32.gtS(left, 0), () => {
    body(-1, at, 0)
    advance(steps, 1)
  })
}
