import { describe, expect, it } from 'vitest'
import { frameOf, messageLine } from '../src/pages/code/place.ts'
import { packed, unpacked } from '../src/shell/compress.ts'

describe('places in programs', () => {
  it('are found in the stacks of engines, the innermost first', () => {
    expect(
      frameOf('Error: x\n    at f (http://a/b.js:1:2)\n    at eval (program.ts:17:28)\n    at program.ts:3:1'),
    ).toBe(17)
    expect(frameOf('f@http://a/b.js:1:2\nanonymous@program.ts line 4 > AsyncFunction:9:3\n')).toBe(9)
    expect(frameOf('Error: x\n    at f (http://a/b.js:1:2)')).toBeNull()
    expect(messageLine('Error transforming program.ts: Unexpected token (2:11)')).toBe(2)
    expect(messageLine('nothing')).toBeNull()
  })
})

describe('programs in links', () => {
  it('come back as they were; what is damaged is null', async () => {
    for (const text of ['', 'const a = 1\n', '€ — ★\n'.repeat(300)])
      expect(await unpacked(await packed(text))).toBe(text)
    expect(await packed('a'.repeat(5000))).toMatch(/^[\w-]{1,60}$/)
    expect(await unpacked('no code!')).toBeNull()
    expect(await unpacked('abcd')).toBeNull()
  })
})
