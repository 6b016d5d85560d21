import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../run.mjs'

export const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** The pages that are for readers. */
export const pages: readonly string[] = globSync('{*.md,docs/**/*.md,packages/*/README.md,benchmarks/*.md}', {
  cwd: root,
  exclude: (name) => name.includes('node_modules'),
}).sort()

/** A ts block of a page. */
export interface Block {
  readonly page: string
  readonly line: number
  readonly code: string
  /** The file that it quotes, by the comment before it. */
  readonly source?: string
  /** The name that other blocks of the page import it by: its first line is `// name.ts`. */
  readonly file?: string
  /** It says that it is for Node, by what it imports. */
  readonly isNode: boolean
}

export const blocksOf = (page: string): Block[] => {
  const text = read(page)
  return [...text.matchAll(/(?:<!-- part of (\S+) -->\n)?```ts\n(.*?)```/gs)].map((m) => ({
    page,
    line: text.slice(0, m.index).split('\n').length,
    source: m[1],
    code: m[2],
    file: /^\/\/ (\S+\.ts)\n/.exec(m[2])?.[1],
    isNode: /from '(node:|.*\/node')/.test(m[2]),
  }))
}

/** What a block says that it prints, a line for each call. */
export const expectedOf = (code: string): string[] =>
  [...code.matchAll(/console\.log\(.*\) *\/\/ (.*)$/gm)].map((m) => m[1])

/** The file that a block is typed and run as. */
export const nameOf = ({ line, file }: Block): string => file ?? `line-${line}.ts`
/** The folder that the blocks of a page share. */
export const folderOf = (page: string): string => page.replace(/\.md$/, '').replaceAll(/[/.]/g, '-')
