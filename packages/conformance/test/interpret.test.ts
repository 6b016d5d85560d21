import { FormatError, NameError } from '@gradloom/core'
import { describe, expect, it } from 'vitest'
import { interpret } from '../src/oracles/interpret.ts'

const add = (a: number, b: number): number => a + b
const values = { add, x: 2, pair: () => ({ q: 3, list: [5, 6] }), seen: (...args: unknown[]) => args }

describe('expressions of golden files', () => {
  it.each([
    ['add(x, -1.5e3)', -1498],
    ['-add(1, x)', -3],
    [
      'seen([1, [x]], { axis: -1, "keepDims": true, dtype: "float64", none: null })',
      [[1, [2]], { axis: -1, keepDims: true, dtype: 'float64', none: null }],
    ],
    ['add(pair().q, pair().list[1])', 9],
    ['(() => { const a = add(x, 1), b = add(a, a); return add(b, x) })()', 8],
    ['(() => { const x = 7; return (() => { const y = add(x, 1); return y })() })()', 8],
    ['seen(NaN, -Infinity, undefined)', [NaN, -Infinity, undefined]],
    ['{ x: 1 }', { x: 1 }],
  ])('%s', (source, want) => {
    expect(interpret(source, values)).toEqual(want)
  })

  it.each([
    'x = 3',
    'x + 1',
    'new add()',
    'this',
    '`x`',
    'add?.(1, 2)',
    'function () {}',
    '(a) => a',
    '[...seen()]',
    '({ ...pair() })',
    'import("x")',
    '/x/',
    '10n',
    'x, x',
    '1); (2',
    '(() => { let a = 1; return a })()',
    '!x',
    'await x',
    '',
  ])('is a FormatError for %s', (source) => {
    expect(() => interpret(source, values)).toThrow(FormatError)
  })

  it.each([
    'globalThis',
    'process',
    'pair.constructor',
    'pair().constructor',
    'add.call',
    'seen().length.constructor',
    '"".constructor',
    'pair().missing',
    'x(1)',
    'Object',
  ])('is a NameError for %s', (source) => {
    expect(() => interpret(source, values)).toThrow(NameError)
  })
})
