import { describe, expect, it } from 'vitest'
import { bytes, count, duration, gflops, loss, padded, percent, rate, whole } from '../src/format.ts'

const plain = (text: string): string => text.replaceAll('\u2009', ' ')

describe('numbers in words', () => {
  it('losses have four decimals, the very small and large an exponent', () => {
    expect([0.04123, 0.00001234, 123456, 0, null, NaN].map((value) => loss(value))).toEqual([
      '0.0412',
      '1.23e-5',
      '1.23e+5',
      '0.0000',
      '–',
      'NaN',
    ])
  })

  it('times have the unit that leaves three digits', () => {
    expect(
      [0.000412, 0.412, 3.821, 999.4, 12_345, 125_000, 3_599_000, 3_600_000, 45_240_000, null].map((ms) =>
        plain(duration(ms)),
      ),
    ).toEqual([
      '0.41 µs',
      '412 µs',
      '3.82 ms',
      '999 ms',
      '12.3 s',
      '2 min 05 s',
      '59 min 59 s',
      '1 h 00 min',
      '12 h 34 min',
      '–',
    ])
  })

  it('sizes, rates and shares have units', () => {
    expect(plain(bytes(13_002_342))).toBe('12.4 MiB')
    expect(plain(bytes(0))).toBe('0 B')
    expect(plain(rate(18_234, 'samples'))).toBe('18.2 k samples/s')
    expect(plain(rate(640, 'samples'))).toBe('640 samples/s')
    expect(plain(percent(0.97314))).toBe('97.31 %')
    expect(plain(gflops(31.41e9))).toBe('31.4 GFLOPS')
    expect(plain(count(2_100_000, 'FLOP'))).toBe('2.10 MFLOP')
    expect(plain(count(5800, 'parameters'))).toBe('5.80 k parameters')
  })

  it('are filled up to one width', () => {
    expect(padded('12', 5)).toHaveLength(5)
    expect(padded('123456', 5)).toBe('123456')
    // A thin space is narrower than a digit, and these have one, two and three of them.
    const texts = [padded(duration(3820), 14), padded(rate(18_200, 'rows'), 14), padded(duration(125_000), 14)]
    expect(texts.map((text) => [text.length, text.includes('\u2009')])).toEqual(texts.map(() => [14, false]))
  })

  it('whole numbers have a comma before every three digits', () => {
    expect([0, 12, 999, 1204, 12_345.6, 1_234_567, -4321, -321].map(whole)).toEqual([
      '0',
      '12',
      '999',
      '1,204',
      '12,346',
      '1,234,567',
      '-4,321',
      '-321',
    ])
  })
})
