import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostArray, type HostArray } from '@gradloom/core'
import type * as shared from 'gradloom-example-shared'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

// The files are read once: decoding them takes longer than all the training here.
vi.mock('gradloom-example-shared', async (importOriginal) => {
  const original = await importOriginal<typeof shared>()
  const whole = { train: original.readMnist('train', 256), t10k: original.readMnist('t10k', 256) }
  const copy = ({ data, shape, dtype }: HostArray): HostArray => hostArray(data.slice(), shape, dtype)
  return {
    ...original,
    readMnist: async (part: 'train' | 't10k') => {
      const { images, labels } = await whole[part]
      return { images: copy(images), labels: copy(labels) }
    },
  }
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnn-'))
})
afterAll(() => rm(folder, { recursive: true }))

const argv = process.argv
let runs = 0
afterEach(() => {
  process.argv = argv
  vi.restoreAllMocks()
})

/** Runs the program on a small network; resolves to the lines that it prints. */
async function run(...flags: string[]): Promise<string[]> {
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(line)
  })
  process.argv = ['node', 'main.ts', '--channels', '4', '--batch', '32', ...flags]
  await import(/* @vite-ignore */ new URL(`../src/main.ts?run=${runs++}`, import.meta.url).href)
  return lines
}

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
  ])('refuses %s %s', async (flag, value) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`)
    })
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    await expect(run(flag, value)).rejects.toThrow('exit 2')
    expect(exit).toHaveBeenCalledOnce()
    expect(error.mock.calls[0][0]).toContain(flag)
  })

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
