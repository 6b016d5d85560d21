import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../run.mjs'
import { blocksOf, expectedOf, pages, read } from './blocks.ts'
import { runAlone, runHere } from './block-runs.ts'
import { complaintsOf, installDeclarations, writeBlocks } from './block-types.ts'

const temporary = (): string => mkdtempSync(path.join(tmpdir(), 'gradloom-blocks-'))
const own = pages.flatMap(blocksOf).filter((block) => !block.source)

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(page)
  const isAlone = blocks.some((b) => b.isNode || b.file)
  const programs = blocks.filter((b) => !b.source && !b.file)
  it.each(programs)('prints what it says, line $line', async (block) => {
    const folder = isAlone ? temporary() : null
    const printed = folder ? runAlone(folder, block, blocks) : await runHere(block.code)
    if (folder) rmSync(folder, { recursive: true })
    expect(printed).toEqual(expectedOf(block.code))
  })
  it.each(blocks.filter((b) => b.source))('quotes $source as it is, line $line', ({ source, code }) => {
    expect(read(source!)).toContain(code)
  })
  it('links to files that exist', () => {
    const links = [...read(page).matchAll(/\]\(([^)#:]+)\)/g)].map((m) => m[1])
    expect(links.filter((link) => !existsSync(path.join(root, path.dirname(page), link)))).toEqual([])
  })
})

describe('blocks compile as strict TypeScript, against declarations alone', { timeout: 120_000 }, () => {
  let folder: string
  beforeAll(() => {
    folder = temporary()
    installDeclarations(folder)
    writeBlocks(folder, own)
  }, 120_000)
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  it.each([
    { resolution: 'nodenext', isChecked: true },
    { resolution: 'nodenext', isChecked: false },
    { resolution: 'bundler', isChecked: true },
    { resolution: 'bundler', isChecked: false },
  ] as const)('$resolution, noUncheckedIndexedAccess $isChecked', (setting) => {
    expect(complaintsOf(folder, own, setting)).toBe('')
  })
})

const manifests = readdirSync(path.join(root, 'packages')).map((name) => ({
  name,
  manifest: JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly homepage?: string
    readonly bugs?: string
    readonly repository?: object
  },
}))

it('README.md lists every package', () => {
  const names = [...read('README.md').matchAll(/^\| \[`([^`]+)`\]/gm)].map((m) => m[1])
  expect(names.sort()).toEqual(manifests.map(({ manifest }) => manifest.name).sort())
})

it.each(manifests)('packages/$name has a page, and links that work from the registry', ({ name, manifest }) => {
  const home = 'https://github.com/gradloom/gradloom'
  expect(manifest).toMatchObject({
    homepage: `${home}/tree/main/packages/${name}#readme`,
    bugs: `${home}/issues`,
    repository: { type: 'git', url: `git+${home}.git`, directory: `packages/${name}` },
  })
  const page = read(`packages/${name}/README.md`)
  expect(page).toContain(`# ${manifest.name}\n`)
  expect(page).toContain('## Size\n')
  // Registries resolve relative links against `directory`, but not beyond the root of the repository.
  for (const [, link] of page.matchAll(/\]\(([^)#:]+)\)/g))
    expect(path.join('packages', name, link)).not.toMatch(/^\.\./)
})
