import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program, temporaryFolder } from 'gradloom-example-shared/testing'

const folder = temporaryFolder()
const run = program(import.meta)

const last = (lines: string[]): { loss: number; gradient: number; accuracy: number } => {
  const [, loss, gradient] = /^loss (\S+), gradient (\S+) after \d+ evaluations$/.exec(lines.at(-3)!)!
  return {
    loss: Number(loss),
    gradient: Number(gradient),
    accuracy: Number(/^test accuracy (\S+) %$/.exec(lines.at(-1)!)![1]),
  }
}

describe('iris', () => {
  it.each(['0', '1', '2'])(
    'converges and classifies nearly all flowers that it was not fitted to, seed %s',
    async (seed) => {
      const { gradient, accuracy } = last(await run('--seed', seed))
      expect(gradient).toBeLessThanOrEqual(1e-4)
      expect(accuracy).toBeGreaterThanOrEqual(90)
    },
  )

  it('fits closer with a hidden layer', async () => {
    expect(last(await run('--hidden', '8')).loss).toBeLessThan(last(await run()).loss)
  })

  it('prints the same for the same seed, and other things for another', async () => {
    const text = async (seed: string): Promise<string[]> =>
      (await run('--seed', seed)).map((line) => line.split('|')[0])
    const first = await text('7')
    expect(await text('7')).toEqual(first)
    expect(await text('8')).not.toEqual(first)
  })

  it('stops after as many evaluations as it is given', async () => {
    expect((await run('--evaluations', '10')).at(-3)).toMatch(/after 10 evaluations$/)
  })

  it('loads what it saved', async () => {
    const file = join(folder, 'saved.safetensors')
    const fitted = await run('--save', file)
    expect(await run('--evaluations', '0', '--load', file)).toEqual(fitted.slice(-2))
    expect(last(await run('--evaluations', '1', '--load', file)).gradient).toBeLessThanOrEqual(1e-4)
    await expect(run('--load', file, '--hidden', '3')).rejects.toMatchObject({ code: 'NAME' })
  })
})
