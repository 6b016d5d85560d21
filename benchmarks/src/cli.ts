// pnpm bench. From source it builds what it measures, then starts itself again on the built files.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFlags, usage } from './flags.ts'

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))

function buildAndStart(): number {
  const bin = path.join(root, 'node_modules', '.bin')
  const env = { ...process.env, PATH: [bin, process.env['PATH']].join(path.delimiter) }
  const options = { cwd: root, env, shell: process.platform === 'win32' } as const
  const { devEngines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    devEngines: { packageManager: { version: string } }
  }
  const build = spawnSync(
    'npx',
    ['-y', `pnpm@${devEngines.packageManager.version}`, 'exec', 'nx', 'run', '@gradloom/benchmarks:build'],
    { ...options, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  if (build.status !== 0) {
    process.stderr.write(Buffer.concat([build.stdout ?? Buffer.alloc(0), build.stderr ?? Buffer.alloc(0)]))
    console.error('bench: the build failed; nothing was measured')
    return 1
  }
  // Node of the workspace, without the condition that would take the sources.
  return (
    spawnSync('node', [path.join(root, 'benchmarks', 'dist', 'cli.js'), ...process.argv.slice(2)], {
      ...options,
      stdio: 'inherit',
    }).status ?? 1
  )
}

try {
  const flags = readFlags(process.argv.slice(2))
  if (import.meta.url.endsWith('.ts')) process.exitCode = buildAndStart()
  else await (await import('./main.ts')).main(flags)
} catch (error) {
  const isFlag = error instanceof TypeError && error.message.includes('--')
  console.error(isFlag ? `bench: ${error.message}\n${usage}` : error)
  process.exitCode = 1
}
