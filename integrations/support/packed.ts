import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root folder of the repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a command to its end. @throws Error with its output where it fails */
export function execute(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `status ${status}`}\n${stdout}\n${stderr}`)
  return stdout
}

/** Folders of the packages that are published. */
export const published: readonly string[] = readdirSync(path.join(root, 'packages')).map((name) =>
  path.join(root, 'packages', name),
)

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
}
const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest
const nameOf = (folder: string): string => manifestOf(folder).name

/** Folders of what a package takes from others. */
function foreignDependencies(folder: string): string[] {
  return Object.keys(manifestOf(folder).dependencies ?? {})
    .filter((name) => !name.startsWith('@gradloom/'))
    .map((name) => path.join(folder, 'node_modules', name))
}

/** Packs a package as it is installed. Its own scripts would build it from what is not there. */
function packCopy(from: string, to: string, packs: string): void {
  cpSync(from, to, { recursive: true, dereference: true })
  const manifest = path.join(to, 'package.json')
  const { scripts: _, ...rest } = JSON.parse(readFileSync(manifest, 'utf8')) as Readonly<Record<string, unknown>>
  writeFileSync(manifest, JSON.stringify(rest))
  execute('npm', ['pack', '--silent', '--pack-destination', packs], to)
}

/** Builds and packs every package, and installs the tarballs in a new folder beside the app. @returns that folder, and
 * the tarballs */
export function installPacked(): { readonly folder: string; readonly tarballs: readonly string[] } {
  const { devEngines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    readonly devEngines: { readonly packageManager: { readonly version: string } }
  }
  const pnpm = (...args: string[]): string =>
    execute('npx', ['-y', `pnpm@${devEngines.packageManager.version}`, ...args], root)
  const folder = mkdtempSync(path.join(tmpdir(), 'gradloom-packed-'))
  const packs = path.join(folder, 'packs')
  pnpm('exec', 'nx', 'run-many', '-t', 'build', '-p', ...published.map(nameOf))
  pnpm('-r', '--filter', './packages/*', 'pack', '--pack-destination', packs)
  // Dependencies from elsewhere are packed too: nothing is asked of a registry.
  for (const dependency of published.flatMap(foreignDependencies))
    packCopy(dependency, path.join(folder, 'foreign', path.basename(dependency)), packs)
  cpSync(path.join(root, 'integrations/app'), folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const tarballs = readdirSync(packs).map((name) => path.join(packs, name))
  execute('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs], folder)
  return { folder, tarballs: tarballs.filter((file) => path.basename(file).startsWith('gradloom-')) }
}
