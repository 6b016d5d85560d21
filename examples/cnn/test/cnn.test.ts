import { join } from 'node:path'
import type * as shared from 'gradloom-example-shared'
import { describe, expect, it, vi } from 'vitest'
import { expectRefused, program, temporaryFolder } from 'gradloom-example-shared/testing'

vi.mock('gradloom-example-shared', async (importOriginal) => {
  const { decodedOnce } = await import('gradloom-example-shared/testing')
  return decodedOnce(await importOriginal<typeof shared>(), { train: 256, t10k: 256 })
})

const folder = temporaryFolder()
const run = program(import.meta, '--channels', '4', '--batch', '32')

const accuracyOf = (lines: string[]): number => Number(/^test accuracy (\d+\.\d\d) %$/.exec(lines.at(-1)!)![1])

describe('cnn', () => {
  it('learns, and its saved network has the same accuracy', async () => {
    const file = join(folder, 'saved.safetensors')
    const lines = await run('--epochs', '10', '--save', file)
    const losses = lines.flatMap((line) => /loss (\S+)/.exec(line)?.slice(1) ?? []).map(Number)
    expect(losses).toHaveLength(10)
    expect(losses[9]).toBeLessThan(losses[0] / 2)
    expect(accuracyOf(lines)).toBeGreaterThan(60)
    expect(await run('--epochs', '0', '--seed', '5', '--load', file)).toEqual(lines.slice(-1))
  })

  it('prints the same losses for the same seed, dropout included, and others for another', async () => {
    const text = async (seed: string): Promise<string[]> =>
      (await run('--epochs', '2', '--seed', seed)).map((line) => line.split('|')[0])
    const first = await text('7')
    expect(await text('7')).toEqual(first)
    expect(await text('8')).not.toEqual(first)
  })

  it.each([
    ['--epochs', 'many'],
    ['--batch', '0'],
    ['--channels', '1.5'],
    ['--speed', '9'],
  ])('refuses %s %s', (flag, value) => expectRefused(run, flag, value))

  it('computes on webgpu what it computes on cpu, over 16 steps', async () => {
    const losses = async (backend: string): Promise<number[]> => {
      const lines = await run('--epochs', '2', '--backend', backend)
      return lines.flatMap((line) => /loss (\S+)/.exec(line)?.slice(1) ?? []).map(Number)
    }
    const cpu = await losses('cpu')
    const webgpu = await losses('webgpu')
    expect(cpu).toHaveLength(2)
    expect(webgpu).toHaveLength(2)
    cpu.forEach((loss, i) => expect(Math.abs(webgpu[i] - loss)).toBeLessThanOrEqual(1e-3))
  }, 300_000)
})
