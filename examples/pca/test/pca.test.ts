import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type * as shared from 'gradloom-example-shared'
import { describe, expect, it, vi } from 'vitest'
import { program, temporaryFolder } from 'gradloom-example-shared/testing'

vi.mock('gradloom-example-shared', async (importOriginal) => {
  const { decodedOnce } = await import('gradloom-example-shared/testing')
  return decodedOnce(await importOriginal<typeof shared>(), { train: 200, t10k: 1000 })
})

const folder = temporaryFolder()
const run = program(import.meta, '--examples', '200')

const shares = (line: string): number[] => [...line.matchAll(/(\S+) %/g)].map(([, share]) => Number(share))

describe('pca', () => {
  it('explains most of unseen digits by few components, and draws both plots', async () => {
    const [scatter, spectrum] = ['scatter.svg', 'spectrum.svg'].map((name) => join(folder, name))
    const lines = await run('--plot', scatter, '--spectrum', spectrum)
    const [seen, unseen] = shares(lines.at(-1)!)
    expect(seen).toBeGreaterThan(80)
    expect(unseen).toBeGreaterThan(65)
    expect(unseen).toBeLessThan(seen)
    const drawn = await readFile(scatter, 'utf8')
    expect(drawn).toMatch(/^<svg .*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
    expect(drawn.match(/<text [^>]*transform="translate\([^"]*"[^>]*>[0-9]<\/text>/g)!.length).toBeGreaterThanOrEqual(
      200,
    )
    expect(await readFile(spectrum, 'utf8')).toContain('<path')
  })

  it('explains all of the training digits by all components, and less by fewer', async () => {
    expect(shares((await run('--components', '200')).at(-1)!)[0]).toBe(100)
    const [one] = shares((await run('--components', '1')).at(-1)!)
    const [two] = shares((await run('--components', '2')).at(-1)!)
    expect(one).toBeLessThan(two)
    expect(shares((await run()).at(-2)!)[0]).toBe(two)
  })
})
