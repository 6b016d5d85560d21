// A page of one contender, driven by evaluating calls in it: see browser.ts.
import { loadContender, type ContenderName } from '../contender.ts'
import { createSession, type Session } from '../session.ts'

declare global {
  var benchmark: Promise<{ call(method: keyof Session, args: readonly unknown[]): Promise<unknown> }>
}

const settings = new URL(location.href).searchParams
const options = { threads: Number(settings.get('threads')), assets: new URL('/assets', location.href).href }
globalThis.benchmark = loadContender(settings.get('contender') as ContenderName, options).then((contender) => {
  const session = createSession(contender, () => null)
  return { call: (method, args) => (session[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args) }
})
