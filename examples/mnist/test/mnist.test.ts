import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeSafetensors } from '@gradloom/io'
import type * as shared from 'gradloom-example-shared'
import { describe, expect, it, vi } from 'vitest'
import { expectRefused, program, temporaryFolder } from 'gradloom-example-shared/testing'

vi.mock('gradloom-example-shared', async (importOriginal) => {
  const { decodedOnce } = await import('gradloom-example-shared/testing')
  return decodedOnce(await importOriginal<typeof shared>(), { train: 512, t10k: 512 })
})

const folder = temporaryFolder()
const run = program(import.meta, '--hidden', '16', '--examples', '512', '--save', join(folder, 'run.safetensors'))

const lossesOf = (lines: string[]): number[] =>
  lines.flatMap((line) => /loss (\S+)/.exec(line)?.slice(1) ?? []).map(Number)
const accuracyOf = (lines: string[]): number => Number(/^test accuracy (\d+\.\d\d) %$/.exec(lines.at(-1)!)![1])

describe('mnist', () => {
  it('learns, and prints a loss for each epoch and the accuracy last', async () => {
    const lines = await run('--epochs', '6')
    const losses = lossesOf(lines)
    expect(losses).toHaveLength(6)
    expect(losses[5]).toBeLessThan(losses[0] / 2)
    expect(accuracyOf(lines)).toBeGreaterThan(70)
  })

  it('prints the same losses for the same seed, and others for another', async () => {
    const text = async (seed: string): Promise<string[]> =>
      (await run('--epochs', '2', '--seed', seed)).map((line) => line.split('|')[0])
    const first = await text('7')
    expect(await text('7')).toEqual(first)
    expect(await text('8')).not.toEqual(first)
  })

  it('loads what it saved', async () => {
    const file = join(folder, 'saved.safetensors')
    const trained = await run('--epochs', '2', '--save', file)
    const { tensors } = decodeSafetensors(await readFile(file))
    expect(new Map([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual(
      new Map([
        ['hidden/weight', [784, 16]],
        ['hidden/bias', [16]],
        ['output/weight', [16, 10]],
        ['output/bias', [10]],
      ]),
    )
    expect(await run('--epochs', '0', '--seed', '5', '--load', file)).toEqual(trained.slice(-1))
    await expect(run('--load', file, '--hidden', '8')).rejects.toMatchObject({ code: 'SHAPE' })
  })

  it('computes on cpu what it computes on reference', async () => {
    const small = ['--epochs', '3', '--examples', '16', '--batch', '8', '--hidden', '4']
    const [cpu, reference] = [
      lossesOf(await run(...small, '--backend', 'cpu')),
      lossesOf(await run(...small, '--backend', 'reference')),
    ]
    expect(cpu).toHaveLength(3)
    cpu.forEach((loss, i) => expect(loss).toBeCloseTo(reference[i], 4))
  })

  it('computes on webgpu what it computes on cpu, over 200 steps', async () => {
    const flags = ['--epochs', '4', '--examples', '400', '--batch', '8', '--hidden', '16']
    const cpu = lossesOf(await run(...flags))
    const webgpu = lossesOf(await run(...flags, '--backend', 'webgpu'))
    expect(cpu.length).toBeGreaterThan(3)
    expect(webgpu).toHaveLength(cpu.length)
    cpu.forEach((loss, i) => expect(Math.abs(webgpu[i] - loss)).toBeLessThan(1e-3))
  }, 120_000)

  it.each([
    ['--epochs', 'many'],
    ['--batch', '0'],
    ['--hidden', '1.5'],
    ['--backend', 'abacus'],
    ['--speed', '9'],
  ])('refuses %s %s', (flag, value) => expectRefused(run, flag, value))
})
