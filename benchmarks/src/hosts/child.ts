// A process of one contender, driven over the channel to its parent: see node.ts.
import { loadContender, type ContenderName } from '../contender.ts'
import { processMemory } from '../machine/memory.ts'
import { createSession, type Session } from '../session.ts'

export interface Call {
  readonly id: number
  readonly method: keyof Session
  readonly args: readonly unknown[]
}
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { name: string; message: string } }

const [name, threads] = process.argv.slice(2)
const reply = (message: Reply): void => {
  process.send!(message)
}
const described = (error: unknown): { name: string; message: string } =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: 'Error', message: String(error) }

async function serve(): Promise<void> {
  const session = createSession(await loadContender(name as ContenderName, { threads: Number(threads) }), processMemory)
  const run = (method: Call['method'], args: Call['args']): Promise<unknown> =>
    (session[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args)
  process.on('message', ({ id, method, args }: Call) => {
    run(method, args).then(
      (value) => reply({ id, value }),
      (error: unknown) => reply({ id, error: described(error) }),
    )
  })
}

process.on('disconnect', () => process.exit()) // the parent is gone
await serve().then(
  () => reply({ id: 0, value: 'ready' }),
  (error: unknown) => reply({ id: 0, error: described(error) }),
)
