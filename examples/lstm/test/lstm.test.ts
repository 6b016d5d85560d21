import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program, temporaryFolder } from 'gradloom-example-shared/testing'

const folder = temporaryFolder()
const run = program(import.meta, '--length', '16', '--hidden', '32', '--batch', '16', '--write', '20')

const lossOf = (lines: string[]): number => Number(/^test loss (\d+\.\d{3}) nats a character$/.exec(lines.at(-1)!)![1])

describe('lstm', () => {
  it('learns, and its saved network has the same loss', async () => {
    const file = join(folder, 'saved.safetensors')
    const before = lossOf(await run('--steps', '0'))
    const lines = await run('--steps', '150', '--save', file)
    expect(lossOf(lines)).toBeLessThan(before - 1)
    expect(await run('--steps', '0', '--load', file, '--write', '0')).toEqual(lines.slice(-1))
  })

  it('writes as many characters as asked for, after the first of the test text', async () => {
    const [written] = await run('--steps', '0')
    expect(written.length).toBe(16 + 1 + 20)
    expect(written[16]).toBe('|')
    const safe = ['--steps', '0', '--temperature', '0']
    expect(await run(...safe)).toEqual(await run(...safe))
  })

  it('prints the same for the same seed, what it writes included, and other things for another', async () => {
    const text = async (seed: string): Promise<string[]> =>
      (await run('--steps', '20', '--seed', seed)).map((line) => line.replace(/\| .* left$/, ''))
    const first = await text('7')
    expect(await text('7')).toEqual(first)
    expect(await text('8')).not.toEqual(first)
  })
})
