import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// More of them: MISUSE=10000; other calls: SEED=...
const total = Number(process.env['MISUSE'] ?? 2000)
const seed = Number(process.env['SEED'] ?? 1)
/** How long one call may take, on a machine that has more to do. */
const LIMIT_MS = 20_000

/** The packages whose functions are called, and objects whose methods are: those of a group in one process, each the
 * same number of times. */
const groups = [
  'core,gradloom',
  'ops,nn,nn.layers',
  'optim,io,blas-wasm,backend-cpu',
  'tensor,hostArray,rng,runtime,environment,variable,step,model,layer,optimizer,schedule,registry,blas',
]
const names = groups.flatMap((group) => group.split(','))

/** What a process of its own prints of its calls. It is killed where one of them does not end. */
async function run(...args: readonly (string | number)[]): Promise<readonly Record<string, unknown>[]> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@gradloom/source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('./misuse/run.ts', import.meta.url)),
      ...args.map(String),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let printed = ''
  let errors = ''
  let timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  child.stderr.on('data', (text) => (errors += String(text)))
  child.stdout.on('data', (text) => {
    printed += String(text)
    clearTimeout(timer)
    timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  })
  const code = await new Promise((end) => child.on('close', end))
  clearTimeout(timer)
  const lines = printed
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Record<string, unknown>)
  if (code !== 0) throw new Error(`it ended or hung at ${JSON.stringify(lines.at(-1))}: ${errors.slice(0, 2000)}`)
  return lines
}

test.each(groups)(
  '%s: whatever arguments give a value or an error of ours, and an end',
  async (group) => {
    const count = Math.ceil(total / names.length)
    const lines = await run(group, seed, count)
    expect(
      lines.filter((line) => 'fault' in line),
      `seed ${seed}`,
    ).toEqual([])
    expect(lines.flatMap((line) => ('done' in line ? [line['name']] : []))).toEqual(group.split(','))
  },
  120_000 + 100 * total,
)
