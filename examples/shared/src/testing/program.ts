import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, vi } from 'vitest'

/** Runs a program with the flags given; resolves to the lines that it prints. */
export type Run = (...flags: string[]) => Promise<string[]>

/** Runs `src/main.ts` beside the folder of a test, as the command line would: each time afresh, with the flags that
 * make it `small` before a test's own. */
export function program(test: ImportMeta, ...small: string[]): Run {
  const { argv } = process
  let runs = 0
  afterEach(() => {
    process.argv = argv
    vi.restoreAllMocks()
  })
  return async (...flags) => {
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line: string) => {
      lines.push(line)
    })
    process.argv = ['node', 'main.ts', ...small, ...flags]
    await import(/* @vite-ignore */ new URL(`../src/main.ts?run=${runs++}`, test.url).href)
    return lines
  }
}

/** An empty folder, until the tests of a file are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'example-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Expects a program to end with exit code 2 for the value of a flag, and to name the flag. */
export async function expectRefused(run: Run, flag: string, value: string): Promise<void> {
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`)
  })
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  await expect(run(flag, value)).rejects.toThrow('exit 2')
  expect(exit).toHaveBeenCalledOnce()
  expect(error.mock.calls[0][0]).toContain(flag)
}
