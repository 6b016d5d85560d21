import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLink, printLink } from '../src/shell/link.ts'
import type { TrainSettings } from '../src/session/settings.ts'
import { difference, schemaFor } from '../src/pages/train/schema.ts'

const params = (link: string): URLSearchParams => new URLSearchParams(link.slice(1))

describe('links', () => {
  it('hold nothing but what differs from the defaults of the data', () => {
    for (const data of ['moons', 'spirals', 'rings', 'mnist']) {
      const schema = schemaFor(data)
      const { values, repairs } = parseLink(schema, new URLSearchParams({ data }))
      expect(repairs).toEqual([])
      expect(printLink(schema, values)).toBe(data === 'moons' ? '' : `?v=1&data=${data}`)
    }
  })

  it('come back as they were, whatever the settings', () => {
    const schema = schemaFor('mnist')
    const { values } = parseLink(schema, new URLSearchParams({ data: 'mnist' }))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2048 }),
        fc.double({ min: 1e-6, max: 10, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 512 }), { maxLength: 4 }),
        (batch, rate, widths) => {
          const given: TrainSettings = { ...values, batch, rate, widths }
          const parsed = parseLink(schema, params(printLink(schema, given)))
          expect(parsed.repairs).toEqual([])
          expect(parsed.values).toEqual(given)
        },
      ),
    )
  })

  it('never throw, and never give what a control could not', () => {
    const names = Object.keys(schemaFor(null))
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names, 'other'), fc.string()), (given) => {
        const { values } = parseLink(schemaFor(given.data ?? null), new URLSearchParams(given))
        expect(values.batch).toBeGreaterThanOrEqual(1)
        expect(values.batch).toBeLessThanOrEqual(2048)
        expect(values.widths.length).toBeLessThanOrEqual(4)
        expect(values.rate).toBeGreaterThan(0)
        expect(Number.isInteger(values.stop)).toBe(true)
      }),
    )
  })

  it('say what was put right', () => {
    const { values, repairs } = parseLink(schemaFor(null), new URLSearchParams('v=2&batch=0&rate=x&hue=1'))
    expect(values.batch).toBe(1)
    expect(repairs).toHaveLength(4)
    expect(repairs.join(' ')).toContain('Batch: ‘0’ became 1.')
  })

  it('runs are told apart by what changed', () => {
    const { values } = parseLink(schemaFor(null), new URLSearchParams())
    expect(difference(values, { ...values, rate: 0.1, widths: [4] })).toBe('widths 8.8 → 4, rate 0.02 → 0.1')
    expect(difference(values, { ...values })).toBe('the same settings')
  })
})
