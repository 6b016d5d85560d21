import { afterEach, describe, expect, it, vi } from 'vitest'
import { createProgress } from '../src/progress.ts'

const wasTerminal = process.stdout.isTTY
afterEach(() => {
  process.stdout.isTTY = wasTerminal
  vi.restoreAllMocks()
})

describe('progress', () => {
  it('without a terminal: a line every so many steps and after each epoch, the same for every run up to its bar sign', () => {
    process.stdout.isTTY = false
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line: string) => {
      lines.push(line)
    })
    const progress = createProgress({ epochs: 2, stepsPerEpoch: 5, batch: 4, stepsPerLine: 3 })
    for (let i = 1; i <= 10; i++) progress.step(1 / i)
    expect(lines.map((line) => line.split('|')[0])).toEqual([
      'epoch 1/2 step     3 loss 0.333333 ',
      'epoch 1/2 step     5 loss 0.200000 ',
      'epoch 2/2 step     6 loss 0.166667 ',
      'epoch 2/2 step     9 loss 0.111111 ',
      'epoch 2/2 step    10 loss 0.100000 ',
    ])
    expect(lines[4]).toMatch(/\| \d+ samples\/s, 0 s left$/)
  })

  it.each([0, 3])('on a terminal: a bar that ends where it is stopped, after %i of 9 steps', (count) => {
    process.stdout.isTTY = true
    const shown: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
      shown.push(String(part))
      return true
    })
    const progress = createProgress({ stepsPerEpoch: 9, batch: 4 })
    for (let i = 0; i < count; i++) progress.step(0.5)
    progress.stop()
    expect(shown.join('')).toContain(count ? 'loss 0.500000' : 'compiling')
    expect(shown.join('')).not.toContain('epoch')
  })
})
