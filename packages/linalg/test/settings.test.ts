import { describe, expect, it } from 'vitest'
import * as linalg from '../src/index.ts'

const { bicgstab, cond, conjugateGradient, fft2, gmres, irfft, lstsq, matrixRank, norm, pinv, rfft } = linalg
const a = [
  [2, 0],
  [0, 2],
]
const b = [1, 2]
type Anything = (...given: unknown[]) => unknown

describe('refused when called', () => {
  const pair = { re: [1, 2] }
  it.each<[string, string, () => unknown]>([
    ['irfft of an unknown setting', 'NameError', () => (irfft as Anything)(pair, { N: 3 })],
    ['irfft of text', 'SettingError', () => (irfft as Anything)(pair, 'x')],
    ['irfft of a size that is none', 'SettingError', () => (irfft as Anything)(pair, { n: '3' })],
    ['rfft of imaginary parts', 'SettingError', () => (rfft as Anything)({ re: b, im: b })],
    ['fft2 of a setting', 'NameError', () => (fft2 as Anything)(a, { n: 3 })],
    ['norm of a Symbol', 'SettingError', () => (norm as Anything)(a, { ord: Symbol('s') })],
    ['cond of a bigint', 'SettingError', () => (cond as Anything)(a, { ord: 1n })],
    ['spectralFunction of a number', 'SettingError', () => (linalg.spectralFunction as Anything)(3)],
    ['spectralFunction of a slope', 'SettingError', () => (linalg.spectralFunction as Anything)((x: unknown) => x, 3)],
    ['conjugateGradient that restarts', 'NameError', () => (conjugateGradient as Anything)(a, b, { restart: 5 })],
    ['bicgstab that restarts', 'NameError', () => (bicgstab as Anything)(a, b, { restart: 5 })],
    ['gmres without directions', 'SettingError', () => gmres(a, b, { restart: 0 })],
  ])('%s', (_, name, call) => {
    expect(call).toThrow(expect.objectContaining({ name }))
  })

  it.each([true, '2', [2], {}, NaN])('norm and cond: %o as ord', (ord) => {
    for (const f of [norm, cond])
      expect(() => (f as Anything)(a, { ord })).toThrow(expect.objectContaining({ name: 'SettingError' }))
  })

  it.each([NaN, -1, Infinity, '1', 1n])('a tolerance of %s', (tolerance) => {
    const functions: Anything[] = [
      (o) => (pinv as Anything)(a, o),
      (o) => (lstsq as Anything)(a, b, o),
      (o) => (matrixRank as Anything)(a, o),
      ...[conjugateGradient, bicgstab, gmres].map<Anything>((f) => (o) => (f as Anything)(a, b, o)),
    ]
    for (const f of functions) expect(() => f({ tolerance })).toThrow(expect.objectContaining({ name: 'SettingError' }))
  })

  it.each([null, 3, [[1]], () => 1])('%o as settings of a solver', (options) => {
    for (const f of [conjugateGradient, bicgstab, gmres])
      expect(() => (f as Anything)(a, b, options)).toThrow(expect.objectContaining({ name: 'SettingError' }))
  })
})
