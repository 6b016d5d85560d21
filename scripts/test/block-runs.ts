import { spawnSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { isHostArray, setRuntime, Tensor } from '@gradloom/core'
import { vi } from 'vitest'
import { root } from '../run.mjs'
import { folderOf, nameOf, type Block } from './blocks.ts'
import { writeBlocks } from './block-types.ts'

/** Modules by name, of no type: those of backends need the types of pages, which scripts do without. */
const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ name)

const textOf = (value: unknown): string =>
  typeof value === 'string' || value instanceof Tensor || isHostArray(value) ? String(value) : JSON.stringify(value)

/** Runs a block here, imports and top-level await included; resolves to what it prints. */
export async function runHere(code: string): Promise<string[]> {
  const body = stripTypeScriptTypes(code)
    .replace(/^import \* as (\w+) from ('.*?');?$/gm, 'const $1 = await load($2)')
    .replace(/^import (\{[^}]*\}) from ('.*?');?$/gm, (_, names: string, from: string) => {
      return `const ${names.replaceAll(' as ', ': ')} = await load(${from})`
    })
  const printed: string[] = []
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    printed.push(values.map(textOf).join(' '))
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

/** What a program of its own does before a block: marks what it prints, as `runHere` does, and has the `Worker` of
 * pages. */
const PRELUDE = `
import { Worker } from 'node:worker_threads'
globalThis.Worker = Worker
const { log } = console
const textOf = (v) => (typeof v !== 'object' || /^(Tensor|HostArray) /.test(v) ? String(v) : JSON.stringify(v))
console.log = (...values) => log('> ' + values.map(textOf).join(' '))
`

/** Runs a block as a program of its own, in a new folder that holds the page's other files; gives what it prints. */
export function runAlone(folder: string, block: Block, blocks: readonly Block[]): string[] {
  writeBlocks(folder, blocks)
  const home = path.join(folder, folderOf(block.page))
  symlinkSync(path.join(root, 'node_modules'), path.join(home, 'node_modules'))
  writeFileSync(path.join(home, 'prelude.mjs'), PRELUDE)
  const args = ['--conditions=@gradloom/source', '--import=./prelude.mjs', nameOf(block)]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: home, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return [...stdout.matchAll(/^> (.*)$/gm)].map((m) => m[1])
}
