// The worker that compiles plans and makes graphs of them.
import type { Plan } from '@gradloom/core'
import { graphOf, type PlanGraph } from './graph.ts'
import { planOf, type ModelName } from './models.ts'

export type ToPlanner =
  | { readonly id: number; readonly type: 'model'; readonly name: ModelName; readonly isTraining: boolean }
  | { readonly id: number; readonly type: 'plan'; readonly plan: Plan }
export type FromPlanner =
  | { readonly id: number; readonly graph: PlanGraph }
  | { readonly id: number; readonly failure: string }

addEventListener('message', ({ data }: MessageEvent<ToPlanner>) => {
  const answer = async (): Promise<FromPlanner> => {
    const plan = data.type === 'model' ? await planOf(data.name, data.isTraining) : data.plan
    return { id: data.id, graph: graphOf(plan) }
  }
  answer()
    .catch((error: unknown): FromPlanner => ({ id: data.id, failure: (error as Error).message }))
    .then((message) => (globalThis as unknown as Worker).postMessage(message))
    .catch(() => {
      /* the page has gone */
    })
})
