// What the root commands need on a fresh machine.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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
 * Installs Debian's Chromium for the browser tests, and the loader of Vulkan for those of WebGPU, where they are
 * missing and this user may install them. Elsewhere it says what to do: the tests that need them then name them themselves.
 */
export function ensureChromium() {
  ensureDebian(debian)
}

/** @param {Readonly<Record<string, string>>} files a file of each package */
function ensureDebian(files) {
  if (process.platform !== 'linux') return
  const missing = Object.entries(files).flatMap(([name, file]) => (existsSync(file) ? [] : [name]))
  if (!missing.length) return
  const names = missing.join(' and ')
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.warn(`missing: ${names}; install your system's packages for the tests that need them`)
    return
  }
  console.log(`Installing ${names}`)
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { quiet: true })
  run('apt-get', ['update'], { quiet: true })
  if (install() !== 0) console.warn(`${names} could not be installed`)
}

/** Firefox, and a driver of Vulkan in software whose libraries serve newer ones too. */
export function ensureFirefox() {
  ensureDebian({ ...mesa, 'firefox-esr': '/usr/bin/firefox-esr' })
}

const mesa = { 'mesa-vulkan-drivers': `/usr/lib/${machine()}/libvulkan_lvp.so`, libvulkan1: debian.libvulkan1 }
const lavapipe = path.join(root, 'node_modules', '.cache', 'lavapipe')

/**
 * Unpacks lavapipe of Debian's backports, which is installed nowhere: WebGPU needs a newer one than Debian 12 has.
 * @returns {string} its description for Vulkan's loader; ends this process where there is none
 */
export function ensureLavapipe() {
  const description = path.join(lavapipe, 'icd.json')
  if (existsSync(description)) return description
  ensureDebian(mesa)
  console.log('Unpacking lavapipe')
  rmSync(lavapipe, { recursive: true, force: true })
  const archives = path.join(lavapipe, 'archives')
  for (const folder of [path.join(lavapipe, 'lists', 'partial'), archives]) mkdirSync(folder, { recursive: true })
  const sources = path.join(lavapipe, 'backports.list')
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
  writeFileSync(sources, `deb [signed-by=${keys}] http://deb.debian.org/debian bookworm-backports main\n`)
  const settings = [
    ['Dir::Etc::SourceList', sources],
    ['Dir::Etc::SourceParts', '/dev/null'],
    ['Dir::State::Lists', path.join(lavapipe, 'lists')],
    ['Dir::Cache', lavapipe],
    ['APT::Sandbox::User', 'root'],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`])
  must(run('apt-get', [...settings, 'update'], { quiet: true }), 'apt-get update')
  const download = [...settings, 'download', 'mesa-vulkan-drivers/bookworm-backports']
  must(run('apt-get', download, { quiet: true, cwd: archives }), 'apt-get download')
  const archive = readdirSync(archives).find((name) => name.startsWith('mesa-vulkan-drivers'))
  const unpack = ['-x', path.join(archives, archive ?? ''), path.join(lavapipe, 'root')]
  must(run('dpkg-deb', unpack), 'unpacking lavapipe')
  const library = path.join(lavapipe, 'root', 'usr', 'lib', machine(), 'libvulkan_lvp.so')
  const icd = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } }
  writeFileSync(description, JSON.stringify(icd))
  return description
}
