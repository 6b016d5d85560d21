import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program, temporaryFolder } from 'gradloom-example-shared/testing'

const folder = temporaryFolder()
const run = program(
  import.meta,
  '--length',
  '16',
  '--features',
  '16',
  '--batch',
  '16',
  '--blocks',
  '1',
  '--write',
  '20',
)

const lossOf = (lines: string[]): number => Number(/^test loss (\d+\.\d{3}) nats a character$/.exec(lines.at(-1)!)![1])

describe('gpt', () => {
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

  it('computes on webgpu what it computes on cpu, over 40 steps', async () => {
    const losses = async (backend: string): Promise<number[]> => {
      const lines = await run('--steps', '40', '--write', '0', '--backend', backend)
      return [...lines.flatMap((line) => /^step.* loss (\S+)/.exec(line)?.slice(1) ?? []).map(Number), lossOf(lines)]
    }
    const cpu = await losses('cpu')
    const webgpu = await losses('webgpu')
    expect(cpu.length).toBeGreaterThan(1)
    expect(webgpu).toHaveLength(cpu.length)
    cpu.forEach((loss, i) => expect(Math.abs(webgpu[i] - loss)).toBeLessThanOrEqual(1e-3))
  }, 300_000)
})
