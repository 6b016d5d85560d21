// The worker that compiles plans and makes graphs of them.
import type { Plan } from '@gradloom/core'
import { graphOf, type PlanGraph } from './graph.ts'
import { planOf, type ModelName } from './models.ts'

export type ToPlanner =
  | {
      readonly id: number
      readonly type: 'model'
      readonly name: ModelName
      readonly isTraining: boolean
      /** See `backends`. */
      readonly backend: string
    }
  | { readonly id: number; readonly type: 'plan'; readonly plan: Plan }
export type FromPlanner =
  /** `absent`: why the plan is one of the CPU, though another backend was chosen. */
  | { readonly id: number; readonly graph: PlanGraph; readonly absent: string | null }
  | { readonly id: number; readonly failure: string }

addEventListener('message', ({ data }: MessageEvent<ToPlanner>) => {
  const answer = async (): Promise<FromPlanner> => {
    const { plan, absent } =
      data.type === 'model' ? await planOf(data.name, data.isTraining, data.backend) : { plan: data.plan, absent: null }
    return { id: data.id, graph: graphOf(plan), absent }
  }
  answer()
    .catch((error: unknown): FromPlanner => ({ id: data.id, failure: (error as Error).message }))
    .then((message) => (globalThis as unknown as Worker).postMessage(message))
    .catch(() => {
      /* the page has gone */
    })
})
