import { afterAll, beforeAll } from 'vitest'
import {
  add,
  mul,
  setRuntime,
  sum,
  tensor,
  type HostArray,
  type Runtime,
  type VariableEnvironment,
} from '@gradloom/core'
import { type Optimizer } from '../src/index.ts'
import { createTestRuntime } from './problems.ts'

export let runtime: Runtime
beforeAll(() => {
  setRuntime((runtime = createTestRuntime()))
})
afterAll(() => runtime.close())

export const variables = (values: Record<string, number[]>): VariableEnvironment => {
  const env = runtime.variables()
  for (const [name, v] of Object.entries(values)) env.name(name).set(tensor(v, { dtype: 'float64' }))
  return env
}
export const values = async (env: VariableEnvironment, name: string): Promise<number[]> => [
  ...(await env.name(name).get()).data,
]
export type Step = (feeds?: Record<string, number>) => Promise<Record<string, HostArray>>
/** A step whose gradients are `scale` * (1, 2, 3 ...) for each variable. */
export const ramp = (env: VariableEnvironment, opt: Optimizer): Step =>
  env.compile((ctx) => {
    const scale = ctx.placeholder('scale', [], 'float64')
    const loss = ctx
      .variables()
      .map((v) =>
        sum(
          mul(
            mul(
              v,
              tensor(
                Array.from({ length: v.shape[0] }, (_, i) => i + 1),
                { dtype: 'float64' },
              ),
            ),
            scale,
          ),
        ),
      )
      .reduce((a, b) => add(a, b))
    const train = opt.minimize(loss, ctx.variables())
    return { loss, ...train.reports, train }
  })
