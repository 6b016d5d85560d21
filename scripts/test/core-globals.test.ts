import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../run.mjs'

/** Globals of pages and of Node, none of which exists for the sources of core. */
const globals = [
  'console',
  'process',
  'Buffer',
  'window',
  'document',
  'navigator',
  'setTimeout',
  'performance',
  'fetch',
  'queueMicrotask',
  'structuredClone',
]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gradloom-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

it.each(['core', 'nn', 'optim'])('%s: its compiler settings know no global of pages or Node', (name) => {
  const settings = {
    extends: path.join(root, `packages/${name}/tsconfig.build.json`),
    compilerOptions: { rootDir: folder },
    include: ['*.ts'],
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(settings))
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    path.join(folder, 'planted.ts'),
    ['export const lawful: unknown = [WeakRef, Promise]', ...globals.map((g) => `void ${g}`)].join('\n'),
  )
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '--noEmit', '--pretty', 'false', '-p', folder], {
    encoding: 'utf8',
  })
  expect([...stdout.matchAll(/planted\.ts\((\d+),/g)].map((match) => globals[Number(match[1]) - 2])).toEqual(globals)
})
