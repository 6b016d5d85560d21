// The arrows between packages and between the rooms of core, checked on the syntax trees of every source file.
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'oxc-parser'
import { arrows, programs, rooms, upward } from './arrows.mjs'
import { root } from './run.mjs'

/**
 * The modules that a file names, types and dynamic imports included (but none of a computed name), and whether it
 * exports values.
 * @param {string} file
 * @param {string} source
 */
function modulesOf(file, source) {
  const { module, errors } = parseSync(file, source)
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0].message}`)
  const statics = module.staticImports.map((entry) => entry.moduleRequest.value)
  const exported = module.staticExports.flatMap((entry) =>
    entry.entries.flatMap((e) => (e.moduleRequest ? [e.moduleRequest.value] : [])),
  )
  const dynamic = module.dynamicImports.flatMap((entry) => {
    const literal = /^(['"`])([^$]*)\1$/.exec(source.slice(entry.moduleRequest.start, entry.moduleRequest.end))
    return literal ? [literal[2]] : []
  })
  return [...new Set([...statics, ...exported, ...dynamic])]
}

/** @param {string} file a path inside core/src */
const roomOf = (file) => file.split('/')[0].replace(/\.ts$/, '')
/** @param {string} room */
const levelOf = (room) => rooms.findIndex((names) => names.includes(room))

/**
 * @param {string} from path inside core/src
 * @param {string} to path inside core/src
 */
function roomProblem(from, to) {
  const [own, other] = [roomOf(from), roomOf(to)]
  if (levelOf(own) < 0) return `'${own}' is no room of core: rooms are listed in scripts/arrows.mjs`
  if (levelOf(other) <= levelOf(own) || (own === upward.from && upward.to.includes(other))) return null
  return `room '${own}' is below '${other}'`
}

/** @param {string} name */
const packageOf = (name) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

/**
 * What a source file may not import, one line each.
 * @param {string} file path from the root, with forward slashes
 * @param {string} source
 * @param {readonly string[]} dependencies what its package.json declares
 * @returns {string[]}
 */
export function checkFile(file, source, dependencies) {
  const [area, owner, room] = file.split('/')
  const home = file.startsWith('benchmarks/') ? 'benchmarks' : `${area}/${owner}`
  const isSource = area === 'packages' && room === 'src'
  const isProgram = programs.some((folder) => file.startsWith(folder))
  const allowed = arrows[owner] ?? []
  const names = modulesOf(file, source)
  return names.flatMap((name) => {
    const problem = (/** @type {string} */ why) => [`${file}: imports '${name}': ${why}`]
    if (name.startsWith('.')) {
      const target = path.posix.join(path.posix.dirname(file), name)
      if (!target.startsWith(`${home}/`)) return problem('a relative import leaves its package')
      const inside = `${home}/src/`
      if (home !== 'packages/core' || !file.startsWith(inside) || !target.startsWith(inside)) return []
      const why = roomProblem(file.slice(inside.length), target.slice(inside.length))
      return why ? problem(why) : []
    }
    const target = packageOf(name)
    if (target.startsWith('@gradloom/') && !isPublic(name)) return problem('not in the exports of its package')
    if (!isSource || isProgram || name === `@gradloom/${owner}`) return []
    if (name.startsWith('node:')) return allowed.includes('node:') ? [] : problem(`packages/${owner} runs without Node`)
    if (!allowed.includes(target)) return problem(`packages/${owner} may import ${allowed.join(', ') || 'nothing'}`)
    return dependencies.includes(target) ? [] : problem('not among the dependencies of its package.json')
  })
}

/** @param {string} name `@gradloom/x` or `@gradloom/x/entry` */
function isPublic(name) {
  const [, folder, ...entry] = name.split('/')
  const manifest = path.join(root, 'packages', folder, 'package.json')
  const key = entry.length > 0 ? `./${entry.join('/')}` : '.'
  return existsSync(manifest) && key in JSON.parse(readFileSync(manifest, 'utf8')).exports
}

/** Checks every source file of the workspace. @returns {string[]} */
export function checkImports() {
  return globSync('{packages/*,apps/*,examples/*,benchmarks}/package.json', { cwd: root }).flatMap((manifest) => {
    const home = path.posix.dirname(manifest.replaceAll('\\', '/'))
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(path.join(root, manifest), 'utf8'))
    const declared = Object.keys({ ...dependencies, ...peerDependencies })
    return globSync(`${home}/{src,test,e2e}/**/*.{ts,tsx}`, { cwd: root }).flatMap((found) => {
      const file = found.replaceAll('\\', '/')
      return checkFile(file, readFileSync(path.join(root, file), 'utf8'), declared)
    })
  })
}
