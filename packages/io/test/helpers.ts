import { allocate, hostArray, sizeOf, type DType, type HostArray } from '@gradloom/core'
import fc from 'fast-check'
import { expect } from 'vitest'

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
export const bytes = (...parts: (string | readonly number[] | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) => Uint8Array.from(typeof part === 'string' ? new TextEncoder().encode(part) : part)),
    ),
  )
export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

/** What every refusal is: told apart by name and code. */
export const formatError = expect.objectContaining({ name: 'FormatError', code: 'FORMAT' })

/** Arrays of any dtype and small shape, rank 0 and zero sizes included, with any bits. */
export const anyArray = (dtypes: readonly DType[]): fc.Arbitrary<HostArray> =>
  fc
    .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }))
    .chain(([dtype, shape]) => {
      const data = allocate(dtype, sizeOf(shape))
      return fc.uint8Array({ minLength: data.byteLength, maxLength: data.byteLength }).map((bits) => {
        const out = allocate(dtype, data.length)
        new Uint8Array(out.buffer).set(dtype === 'bool' ? bits.map((bit) => bit & 1) : bits)
        return hostArray(out, shape, dtype)
      })
    })

/** Bits, since NaN payloads and -0 count. */
export const bitsOf = ({ shape, dtype, data }: HostArray): unknown => ({
  shape,
  dtype,
  bits: [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
})
