import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program, temporaryFolder } from 'gradloom-example-shared/testing'

const folder = temporaryFolder()
const run = program(import.meta)

/** How far it is off in years that it was not fitted to, and how many of them lie within its bounds. */
function outcome(lines: readonly string[]): { off: number; inside: number; years: number } {
  const [, off, inside, years] = /off by (\S+) degrees, (\d+) of (\d+) within/.exec(lines.at(-1)!)!
  return { off: Number(off), inside: Number(inside), years: Number(years) }
}
const likelihood = (lines: readonly string[]): number =>
  Number(/^negative log likelihood (\S+) a year$/.exec(lines.find((line) => line.startsWith('negative'))!)![1])

describe('gaussian-process', () => {
  it.each(['0', '1'])('predicts years that it was not fitted to, within its bounds, seed %s', async (seed) => {
    const { off, inside, years } = outcome(await run('--seed', seed))
    expect(off).toBeLessThan(0.13)
    expect(inside / years).toBeGreaterThan(0.85)
  })

  it('becomes likelier with every step, and finds the noise', async () => {
    const lines = await run()
    expect(likelihood(lines)).toBeLessThan(likelihood(await run('--steps', '5')) - 0.05)
    expect(Number(lines.find((line) => line.startsWith('noise'))!.split(/ +/)[1])).toBeCloseTo(0.096, 2)
  })

  it('draws the temperatures, its prediction and its bounds', async () => {
    const file = join(folder, 'plot.svg')
    await run('--steps', '1', '--plot', file, '--until', '2100')
    const drawn = await readFile(file, 'utf8')
    expect(drawn).toMatch(/^<svg .*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
    expect(drawn.match(/<circle/g)).toHaveLength(144)
    expect(drawn).toContain('2100')
    expect(drawn).not.toContain('NaN')
  })
})
