// A process of one contender, driven over the channel to its parent: see node.ts.
import { loadContender, type ContenderName } from '../contender.ts'
import { createSession, type Session } from '../session.ts'

export interface Call { readonly id: number; readonly method: keyof Session; readonly args: readonly unknown[] }
export type Reply = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: { name: string; message: string } }

const [name, threads] = process.argv.slice(2)
const MIB = 1024 // maxRSS counts KiB
const contender = await loadContender(name as ContenderName, { threads: Number(threads) })
const session = createSession(contender, () => process.resourceUsage().maxRSS / MIB)

process.on('message', async ({ id, method, args }: Call) => {
  try {
    const value = await (session[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args)
    process.send!({ id, value } satisfies Reply)
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    process.send!({ id, error: { name, message } } satisfies Reply)
  }
})
process.on('disconnect', () => process.exit()) // the parent is gone
process.send!({ id: 0, value: 'ready' } satisfies Reply)
