import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { setRuntime } from '@gradloom/core'
import { describe, expect, it, vi } from 'vitest'
import { root } from '../run.mjs'

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** The ts blocks of a page, each with the comment before it that says where it comes from. */
const blocksOf = (file: string): { line: number; source?: string; code: string }[] => {
  const text = read(file)
  return [...text.matchAll(/(?:<!-- part of (\S+) -->\n)?```ts\n(.*?)```/gs)].map((m) => ({
    line: text.slice(0, m.index).split('\n').length,
    source: m[1],
    code: m[2],
  }))
}

/** Modules by name, of no type: those of backends need the types of pages, which scripts do without. */
const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ name)

/** Runs a block, imports and top-level await included; resolves to what it prints. */
async function run(code: string): Promise<string[]> {
  const body = stripTypeScriptTypes(code).replace(/^import (\{.*?\}) from ('.*?')$/gm, 'const $1 = await load($2)')
  const printed: string[] = []
  vi.spyOn(console, 'log').mockImplementation((value: unknown) => {
    printed.push(typeof value === 'string' ? value : JSON.stringify(value))
  })
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (given: typeof load) => Promise<void>
  try {
    await new AsyncFunction('load', body)(load)
  } finally {
    vi.restoreAllMocks()
    setRuntime(null)
  }
  return printed
}

describe.each([
  'README.md',
  'CONTRIBUTING.md',
  'docs/cpu-kernels.md',
  ...readdirSync(path.join(root, 'docs/cpu-kernels')).map((page) => `docs/cpu-kernels/${page}`),
  'packages/backend-cpu/README.md',
  'packages/core/README.md',
  'packages/io/README.md',
  'packages/optim/README.md',
])('%s', (file) => {
  const blocks = blocksOf(file)
  it.each(blocks.filter((b) => !b.source))('prints what it says, line $line', async ({ code }) => {
    const expected = [...code.matchAll(/console\.log\(.*\) *\/\/ (.*)$/gm)].map((m) => m[1])
    expect(await run(code)).toEqual(expected)
  })
  it.each(blocks.filter((b) => b.source))('quotes $source as it is, line $line', ({ source, code }) => {
    expect(read(source!)).toContain(code)
  })
  it('links to files that exist', () => {
    const links = [...read(file).matchAll(/\]\(([^)#:]+)\)/g)].map((m) => m[1])
    expect(links.filter((link) => !existsSync(path.join(root, path.dirname(file), link)))).toEqual([])
  })
})

it('README.md lists every package', () => {
  const names = [...read('README.md').matchAll(/^\| \[?`@gradloom\/([^`]+)`/gm)].map((m) => m[1])
  expect(names.sort()).toEqual(readdirSync(path.join(root, 'packages')).sort())
})
