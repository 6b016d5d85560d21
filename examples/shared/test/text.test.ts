import { describe, expect, it } from 'vitest'
import { readText, windows } from '../src/text.ts'

describe('text', () => {
  it('has what it encodes', async () => {
    const text = await readText()
    expect(text.decode(text.ids.subarray(0, 16))).toBe('In the beginning')
    expect(text.decode(text.encode('And God said,'))).toBe('And God said,')
    expect([...text.vocabulary].sort()).toEqual(text.vocabulary)
  })

  it('windows: every stretch, with the same one character on as its target', async () => {
    const source = windows(Int32Array.of(5, 6, 7, 8, 9), 3)
    expect(source.rowCount).toBe(2)
    const { inputs, targets } = await source.read(Uint32Array.of(1, 0))
    expect([inputs.shape, [...inputs.data]]).toEqual([
      [2, 3],
      [6, 7, 8, 5, 6, 7],
    ])
    expect([targets.shape, [...targets.data]]).toEqual([
      [2, 3],
      [7, 8, 9, 6, 7, 8],
    ])
  })
})
