import type { RealArray } from './arguments.ts'
import { BlasError } from './error.ts'
import { withScratch, type Machine } from './matrix.ts'

/** An array argument: what it holds, how many of its elements the call reaches, and whether the call changes them. */
export interface ArrayArgument<A extends RealArray> {
  readonly name: string
  readonly array: A
  readonly length: number
  readonly output?: boolean
}

/**
 * Gives the routine addresses for its arrays: arrays in the instance's memory are used in place, others are copied in,
 * and back if they are outputs.
 */
export function bind<A extends RealArray, T>(
  machine: Machine,
  routine: string,
  parameters: readonly ArrayArgument<A>[],
  body: (...addresses: number[]) => T,
): T {
  const { arena, k } = machine
  const numbers = machine.numbers()
  const expected = k.type === 'f32' ? 'Float32Array' : 'Float64Array'
  let total = 0
  for (const { name, array, length } of parameters) {
    if (array.constructor.name !== expected)
      throw new BlasError('argument', `${routine}: ${name} must be a ${expected}, got ${array.constructor.name}`)
    if (array.length < length)
      throw new BlasError(
        'argument',
        `${routine}: ${name} must hold ${length} elements for these sizes, got ${array.length}`,
      )
    if (array.buffer !== numbers.buffer) total += roundUp(Math.max(1, length) * k.bytes)
  }
  if (total === 0) return body(...parameters.map(({ array }) => array.byteOffset))
  return withScratch(arena, total, (base) => {
    let next = base
    const addresses = parameters.map(({ array, length }) => {
      if (array.buffer === numbers.buffer) return array.byteOffset
      const at = next
      numbers.set(array.subarray(0, length), at / k.bytes)
      next += roundUp(Math.max(1, length) * k.bytes)
      return at
    })
    const result = body(...addresses)
    parameters.forEach(({ array, length, output }, index) => {
      const at = addresses[index]! / k.bytes
      if (output && array.buffer !== numbers.buffer) array.set(numbers.subarray(at, at + length))
    })
    return result
  })
}

const roundUp = (byteLength: number): number => (byteLength + 63) & -64
