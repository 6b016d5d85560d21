import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostArray, type HostArray } from '@gradloom/core'
import type * as shared from 'gradloom-example-shared'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

// The files are read once: decoding them takes longer than all the rest.
vi.mock('gradloom-example-shared', async (importOriginal) => {
  const original = await importOriginal<typeof shared>()
  const whole = { train: original.readMnist('train', 200), t10k: original.readMnist('t10k', 1000) }
  return {
    ...original,
    readMnist: async (part: 'train' | 't10k') => {
      const copied = ({ data, shape }: HostArray): HostArray => hostArray(data.slice(), shape)
      const { images, labels } = await whole[part]
      return { images: copied(images), labels: copied(labels) }
    },
  }
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pca-'))
})
afterAll(() => rm(folder, { recursive: true }))

const argv = process.argv
let runs = 0
afterEach(() => {
  process.argv = argv
  vi.restoreAllMocks()
})

/** Runs the program; resolves to the lines that it prints. */
async function run(...flags: string[]): Promise<string[]> {
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(line)
  })
  process.argv = ['node', 'main.ts', '--examples', '200', ...flags]
  await import(/* @vite-ignore */ new URL(`../src/main.ts?run=${runs++}`, import.meta.url).href)
  return lines
}

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
