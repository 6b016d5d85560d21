import { expect, test } from 'vitest'
import { createLibrary } from '../src/wgsl/library.ts'

test('the rest of the library is loaded with the first program that needs it', async () => {
  const library = createLibrary(false)
  expect(library('y = f_tanh(x);')).toContain('fn f_expm1')
  expect(await library.complete()).toBe(false)
  expect(library('y = f_sin(x);')).toBe('')
  expect(await library.complete()).toBe(true)
  expect(library('y = f_sin(x);')).toContain('fn f_turn')
  expect(await library.complete()).toBe(false)
})
