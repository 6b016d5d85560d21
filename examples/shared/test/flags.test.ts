import { afterEach, describe, expect, it, vi } from 'vitest'
import { readFlags } from '../src/flags.ts'

afterEach(() => {
  vi.restoreAllMocks()
})
const read = (...args: string[]) =>
  readFlags(args, 'About.', {
    steps: { default: 3, low: 1, about: 'steps' },
    rate: { default: 0.5, fraction: true, about: 'rate' },
    load: { default: undefined, about: 'file' },
  })

describe('flags', () => {
  it('are numbers and strings, or their defaults', () => {
    expect(read()).toEqual({ steps: 3, rate: 0.5, load: undefined })
    expect(read('--steps', '7', '--rate=1e-3', '--load', '5')).toEqual({ steps: 7, rate: 0.001, load: '5' })
  })

  it.each([
    [['--steps', '0'], 2],
    [['--steps', '1.5'], 2],
    [['--rate', ''], 2],
    [['--rate=-1'], 2],
    [['--speed', '9'], 2],
    [['--help'], 0],
  ])('%j ends the program with %i and the help', (args, status) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`)
    })
    const printed = vi.fn<(text: string) => void>()
    vi.spyOn(console, 'error').mockImplementation(printed)
    vi.spyOn(console, 'log').mockImplementation(printed)
    expect(() => read(...args)).toThrow(`exit ${status}`)
    expect(exit).toHaveBeenCalledOnce()
    expect(printed.mock.calls[0][0]).toContain('--rate            rate (0.5)')
  })
})
