// What the root commands need on a fresh machine.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { must, pnpm, root, run } from './run.mjs'

const stampFile = path.join(root, 'node_modules', '.gradloom-installed')

/** Installs the packages of pnpm-lock.yaml, unless that very file is what was installed last. */
export function ensurePackages() {
  const lock = readFileSync(path.join(root, 'pnpm-lock.yaml'))
  const stamp = createHash('sha256').update(lock).digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  console.log('Installing packages')
  must(pnpm(['install', '--frozen-lockfile', '--reporter=append-only'], { quiet: true }), 'pnpm install')
  writeFileSync(stampFile, stamp)
}

/**
 * Installs Debian's Chromium for the browser tests where it is missing and this user may install it.
 * Elsewhere it says what to do: the tests that need a browser then name it themselves.
 */
export function ensureChromium() {
  const executable = '/usr/bin/chromium'
  if (process.platform !== 'linux' || existsSync(executable)) return
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.warn(`${executable} is missing: install your system's chromium package for the browser tests`)
    return
  }
  console.log('Installing Chromium')
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { quiet: true })
  run('apt-get', ['update'], { quiet: true })
  if (install() !== 0) console.warn(`${executable} could not be installed`)
}
