// The types that the editor knows: those of the packages, made of their sources, and the compiler's own of the language.
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const home = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const root = path.dirname(path.dirname(home))
const libraries = path.join(home, 'node_modules', 'typescript', 'lib')

/** What programs see besides packages: the language, and what a worker has. */
const LANGUAGE = ['lib.es2025.d.ts', 'lib.esnext.disposable.d.ts', 'lib.webworker.d.ts']
const PACKAGES = [
  'gradloom',
  'core',
  'ops',
  'nn',
  'optim',
  'linalg',
  'io',
  'backend-cpu',
  'checkpoint',
  'inspect',
  'backend-webgpu',
]

/** The page's own module: see `digits.ts`. */
const DIGITS = `import type { HostArray } from '@gradloom/core'
import type { RowSource } from '@gradloom/io'
type Rows = RowSource<{ x: HostArray; y: HostArray }>
/** The handwritten digits of the page Train: rows of images of \`shape\`, between 0 and 1, and labels. */
export declare function digits(shape?: readonly number[]): Promise<{ train: Rows; test: Rows }>
`

/** @returns {Record<string, string>} texts by their places: /lib/…, /packages/… and /playground/… */
export function typesOf() {
  return { ...languageTypes(LANGUAGE), ...packageTypes(), '/playground/digits.d.ts': DIGITS }
}

/** @param {readonly string[]} names @returns {Record<string, string>} the files, and those that they refer to */
function languageTypes(names) {
  /** @type {Record<string, string>} */
  const found = {}
  const waiting = [...names]
  for (let name = waiting.pop(); name; name = waiting.pop()) {
    if (`/lib/${name}` in found) continue
    const text = readFileSync(path.join(libraries, name), 'utf8')
    found[`/lib/${name}`] = text
    for (const [, lib] of text.matchAll(/<reference lib="([^"]+)"/g)) waiting.push(`lib.${lib}.d.ts`)
  }
  return found
}

/** @returns {Record<string, string>} declarations of the packages, without a check: that is another's work */
function packageTypes() {
  const folder = mkdtempSync(path.join(tmpdir(), 'playground-types-'))
  const packages = path.join(root, 'packages')
  const config = path.join(folder, 'tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    noCheck: true,
    rootDir: packages,
    outDir: path.join(folder, 'out'),
  }
  try {
    writeFileSync(
      config,
      JSON.stringify({
        extends: path.join(root, 'tsconfig.base.json'),
        compilerOptions,
        // All files: those that are reached through another package are not written out.
        include: PACKAGES.map((name) => path.join(packages, name, 'src')),
      }),
    )
    const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    execFileSync(process.execPath, [compiler, '-p', config], { stdio: 'inherit' })
    return Object.fromEntries(
      globSync('**/*.d.ts', { cwd: compilerOptions.outDir }).map((file) => [
        `/packages/${file.replaceAll(path.sep, '/')}`,
        // A module is named by what it is compiled to, of which the compiler knows where its declarations are.
        readFileSync(path.join(compilerOptions.outDir, file), 'utf8').replace(
          /(['"])(\.{1,2}\/[^'"]+)\.ts\1/g,
          '$1$2.js$1',
        ),
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
