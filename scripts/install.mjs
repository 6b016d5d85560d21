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

/** What the browser and WebGPU tests need from Debian, by a file of each package. */
const debian = { chromium: '/usr/bin/chromium', libvulkan1: `/usr/lib/${machine()}/libvulkan.so.1` }

/** @returns {string} Debian's name of the processor */
function machine() {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
}

/**
 * Installs Debian's Chromium for the browser tests, and the loader of Vulkan for those of WebGPU, where they are missing
 * and this user may install them. Elsewhere it says what to do: the tests that need them then name them themselves.
 */
export function ensureChromium() {
  if (process.platform !== 'linux') return
  const missing = Object.entries(debian).flatMap(([name, file]) => (existsSync(file) ? [] : [name]))
  if (!missing.length) return
  const names = missing.join(' and ')
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.warn(`missing: ${names}; install your system's packages for the browser and WebGPU tests`)
    return
  }
  console.log(`Installing ${names}`)
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { quiet: true })
  run('apt-get', ['update'], { quiet: true })
  if (install() !== 0) console.warn(`${names} could not be installed`)
}
