// Type-checks every project, sources and tests together, then the sources alone with the globals that they may use.
import { spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import { root } from './run.mjs'

const parallel = 2 // the compiler itself is parallel

/** @param {readonly string[]} args @returns {Promise<string>} the compiler's complaints, empty when there are none */
function compile(args) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [path.join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--pretty', 'false', ...args],
      { cwd: root },
    )
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('close', (status) => resolve(status === 0 ? '' : output || `tsc ${args.join(' ')}: status ${status}\n`))
  })
}

/** @returns {Promise<string[]>} */
export async function checkTypes() {
  const projects = globSync('{packages/*,apps/*,examples/*,benchmarks,integrations,scripts}', { cwd: root })
    .filter((folder) => existsSync(path.join(root, folder, 'tsconfig.json')))
    .flatMap((folder) => {
      const own = [['-p', `${folder}/tsconfig.json`]]
      // Workspace packages resolve to their sources here too: no build is needed first, so nothing may sit outside
      // rootDir.
      if (folder.startsWith('packages'))
        own.push(['-p', `${folder}/tsconfig.build.json`, '--customConditions', '@gradloom/source', '--rootDir', '.'])
      return own
    })
  const complaints = new Set()
  const work = async () => {
    for (let args = projects.shift(); args; args = projects.shift())
      for (const line of (await compile(args)).split('\n')) if (line.trim()) complaints.add(line)
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return /** @type {string[]} */ ([...complaints])
}
