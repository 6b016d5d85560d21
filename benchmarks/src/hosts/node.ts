import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ContenderName } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import type { Reply } from './child.ts'
import { remoteSession, type Guest, type Host } from './host.ts'

/** Debian's, unless another is asked for: its NumPy may have another LAPACK. */
const PYTHON = process.env['PYTHON'] ?? '/usr/bin/python3'
const inPython = (name: ContenderName): boolean => name === 'numpy' || name === 'pytorch' || name === 'pytorch-gpu'

/** Each contender in a child process: of Node, or of Debian's Python. Only one of them works at a time. */
export const nodeHost: Host = {
  name: `Node ${process.versions.node}`,
  start: (name, threads) => (inPython(name) ? startPython(name, threads) : startNode(name, threads)),
  close: async () => {},
}

interface Channel {
  readonly child: ChildProcess
  send(message: unknown): void
  onReply(listener: (reply: Reply) => void): void
}

async function connect({ child, send, onReply }: Channel, name: ContenderName, threads: number): Promise<Guest> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let count = 0
  let gone = false
  const wait = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
    })
  const ready = wait(0)
  onReply((reply) => {
    const { resolve, reject } = waiting.get(reply.id)!
    waiting.delete(reply.id)
    if (!('error' in reply)) resolve(reply.value)
    else
      reject(
        reply.error.name === 'UnsupportedError'
          ? new UnsupportedError(reply.error.message)
          : new Error(reply.error.message),
      )
  })
  child.on('exit', (code, signal) => {
    gone = true
    for (const { reject } of waiting.values()) reject(new Error(`its process ended (${signal ?? code})`))
    waiting.clear()
  })
  await ready.catch((error: unknown) => {
    child.kill()
    throw error
  })
  const session = remoteSession((method, args) => {
    if (gone) throw new Error('its process is gone')
    const id = ++count
    send({ id, method, args })
    return wait(id)
  })
  return {
    name,
    threads,
    session,
    async close() {
      if (gone) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

function startNode(name: ContenderName, threads: number): Promise<Guest> {
  const file = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url))
  const child = fork(file, [name, String(threads)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return connect(
    {
      child,
      send: (message) => {
        child.send(message as object)
      },
      onReply: (listener) => child.on('message', (m) => listener(m as Reply)),
    },
    name,
    threads,
  )
}

async function startPython(name: ContenderName, threads: number): Promise<Guest> {
  const module = name === 'numpy' ? 'numpy' : 'torch'
  const probe = spawn(PYTHON, ['-c', `import ${module}`], { stdio: 'ignore' })
  const status = await new Promise((resolve) => {
    probe.on('exit', resolve)
    probe.on('error', () => resolve('absent'))
  })
  if (status !== 0) throw new UnsupportedError(`not installed (Debian's python3-${module}, or another PYTHON)`)
  const folder = fileURLToPath(new URL('../../python', import.meta.url))
  const count = String(threads)
  const child = spawn(PYTHON, ['-B', `${folder}/main.py`, name, count], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OPENBLAS_NUM_THREADS: count, OMP_NUM_THREADS: count },
  })
  const lines = createInterface({ input: child.stdout })
  return connect(
    {
      child,
      send: (message) => {
        child.stdin.write(`${JSON.stringify(message)}\n`)
      },
      onReply: (listener) => {
        lines.on('line', (line) => listener(JSON.parse(line) as Reply))
      },
    },
    name,
    threads,
  )
}
