// Child processes of the root commands. Plain Node 20: these run before anything is installed.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root folder of the repository. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
const pnpmPackage = `pnpm@${manifest.devEngines.packageManager.version}`

/** Tools of node_modules/.bin come first, and with them the Node version that the workspace pins. */
const environment = () => ({
  ...process.env,
  PATH: [path.join(root, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter),
})

/**
 * Runs a command, in the root folder if not elsewhere, and returns its exit status.
 * With `quiet`, its output is shown only when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, cwd?: string }} [options]
 * @returns {number}
 */
export function run(command, args, { quiet = false, cwd = root } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: environment(),
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    maxBuffer: 1 << 28,
    shell: process.platform === 'win32',
  })
  const status = result.error ? 1 : (result.status ?? 1)
  if (result.error) console.error(`${command}: ${result.error.message}`)
  else if (quiet && status !== 0) process.stderr.write(Buffer.concat([result.stdout, result.stderr]))
  return status
}

/**
 * Runs pnpm, of the version that package.json names. Fetched by npx: a machine need only have Node and npm.
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean }} [options]
 * @returns {number}
 */
export function pnpm(args, options) {
  return run('npx', ['-y', pnpmPackage, ...args], options)
}

/**
 * Ends this process unless the status is 0.
 * @param {number} status
 * @param {string} what
 */
export function must(status, what) {
  if (status === 0) return
  console.error(`${what} failed with exit status ${status}`)
  process.exit(status)
}
