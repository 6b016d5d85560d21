// The worker that knows types: the compiler's language service, over the declarations of the packages.
import { createService } from './service.ts'
import type { FromLanguage, ToLanguage } from './messages.ts'

const post = (message: FromLanguage): void => (globalThis as unknown as Worker).postMessage(message)

async function load(): Promise<ReturnType<typeof createService>> {
  const response = await fetch(new URL('../../../generated/types.json', import.meta.url))
  if (!response.ok) throw new Error(`the file of types could not be loaded: status ${response.status}`)
  return createService((await response.json()) as Record<string, string>)
}

const service = load()
service.then(
  () => post({ type: 'ready' }),
  (error: unknown) => post({ type: 'failed', message: (error as Error).message }),
)

async function answer({ id, question, ask }: ToLanguage): Promise<void> {
  const answers = await service
  post({ type: 'answer', id, answer: answers[question](ask as never) })
}
addEventListener('message', ({ data }: MessageEvent<ToLanguage>) => void answer(data))
