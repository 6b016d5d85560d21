// The worker of Linalg: a picture at any rank, and gradients where eigenvalues meet.
import { createRuntime } from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'
import { linalg } from '@gradloom/linalg'
import { gapRows } from './degenerate.ts'
import type { FromLinalg, ToLinalg } from './messages.ts'
import { ranksOf, type Ranks } from './ranks.ts'
import { scene } from './scene.ts'

const WIDTH = 160
const HEIGHT = 120

const runtime = createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })], plugins: [linalg] })
const post = (message: FromLinalg): void => (globalThis as unknown as Worker).postMessage(message)
let ranks: Ranks | null = null

async function show(rank: number): Promise<void> {
  if (ranks) post({ type: 'ranked', rank, ...(await ranks.at(rank)) })
}

async function answer(message: ToLinalg): Promise<void> {
  if (message.type === 'gaps')
    return post({ type: 'gaps', loss: message.loss, rows: await gapRows(runtime, message.loss) })
  if (message.type === 'rank') return show(message.rank)
  const picture = message.picture ?? scene(WIDTH, HEIGHT)
  ranks = await ranksOf(runtime, picture)
  post({ type: 'decomposed', picture, s: ranks.s })
  return show(message.rank)
}

// One after another, in the order in which they came.
let last = Promise.resolve()
addEventListener('message', ({ data }: MessageEvent<ToLinalg>) => {
  last = last
    .then(() => answer(data))
    .catch((error: unknown) => post({ type: 'failed', message: (error as Error).message }))
})
