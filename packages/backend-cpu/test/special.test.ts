import { expect, test } from 'vitest'
import { erfc } from '../src/special/erf.ts'
import { digamma, lgamma } from '../src/special/gamma.ts'
import { polygamma } from '../src/special/polygamma.ts'
import { digammaValues, erfcValues, lgammaValues, polygammaValues } from './special-values.ts'

/** `floor`: the magnitude below which errors are absolute, where a function crosses 0 between float64 numbers. */
const near = (got: number, want: number, bound: number, floor = 0): void =>
  expect(Math.abs(got - want) / Math.max(Math.abs(want), floor) || 0).toBeLessThanOrEqual(bound)

test('lgamma is accurate to 2e-15, relative also around its zeros at 1 and 2', () => {
  for (const [x, want] of lgammaValues) near(lgamma(x), want, 2e-15, x < 0 ? 1 : 0)
  expect([0, -0, -1, -30, Infinity, -Infinity].map(lgamma)).toEqual([
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
  ])
  expect(lgamma(NaN)).toBeNaN()
})
test('digamma is accurate to 3e-15, relative also around its root', () => {
  for (const [x, want] of digammaValues)
    near(digamma(x), want, x < 0 ? 2e-14 : 3e-15, Math.abs(x - 1.4616321449683622) < 1e-9 ? 1 : 0)
  expect([0, -1, -2, NaN, -Infinity].map(digamma)).toEqual([-Infinity, NaN, NaN, NaN, NaN])
  expect(digamma(Infinity)).toBe(Infinity)
})
test('erfc is accurate to 2e-15 relative', () => {
  for (const [x, want] of erfcValues) near(erfc(x), want, 2e-15)
  expect([Infinity, -Infinity, 30, NaN].map(erfc)).toEqual([0, 2, 0, NaN])
})
test('polygamma is accurate to 1e-13 relative, also left of 0', () => {
  for (const [n, x, want] of polygammaValues) near(polygamma(x, n), want, 1e-13)
  expect(polygamma(0.5, 0)).toBe(digamma(0.5))
  expect([polygamma(0, 1), polygamma(-3, 1), polygamma(Infinity, 2), polygamma(1, -1), polygamma(NaN, 1)]).toEqual([
    Infinity,
    Infinity,
    0,
    NaN,
    NaN,
  ])
})
