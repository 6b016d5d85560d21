import type { Context, HostArray, Tensor, Update } from '@gradloom/core'
import { difference, toleranceOf } from '../compare.ts'
import { evaluate } from './evaluate.ts'
import { decode, type OptimizerCase, type ScheduleCase } from './format.ts'
import type { OracleRun } from './expression.ts'

/** What the cases ask of an optimizer and of a schedule. */
interface Minimizes {
  minimize(loss: Tensor, params: readonly Tensor[]): Update
}
interface Scheduled {
  at(step: Tensor): Tensor
  valueAt(step: number): number
}

const named = (name: string, values: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(values.map((v, i) => [`${name}${i}`, v]))

/** Trains with a compiled step and compares every loss, and parameters after the steps that the case lists. */
export async function runOptimizer(
  c: OptimizerCase,
  { runtime, functions, optimizers, precision, rematerialise }: OracleRun,
): Promise<string[]> {
  const failures: string[] = []
  const environment = runtime.variables()
  // Rounding accumulates over steps: the tolerance of second derivatives.
  const tolerance = toleranceOf(precision, { order: 2, rtol: c.rtol })
  const note = (what: string, wrong: string | null): void => {
    if (wrong) failures.push(`${what}: ${wrong}`)
  }
  try {
    c.params.forEach((p, i) => environment.name(`p${i}`).set(decode(p, precision)))
    const data = c.inputs.map((a) => decode(a, precision))
    const body = (ctx: Context) => {
      const inputs = data.map(({ shape, dtype }, i) => ctx.placeholder(`x${i}`, shape, dtype))
      const params = ctx.variables()
      const loss = evaluate(c.loss, { ...functions, ...named('x', inputs), ...named('p', params) }, precision) as Tensor
      return {
        loss,
        train: (evaluate(c.optimizer, { ...functions, ...optimizers }, precision) as Minimizes).minimize(loss, params),
      }
    }
    const step = environment.compile(body, { rematerialise })
    const feeds = named('x', data) as Record<string, HostArray>
    const losses: number[] = []
    for (let k = 1; k <= c.losses.length; k++) {
      losses.push((await step(feeds)).loss.item())
      for (const [i, want] of c.after.find((a) => a.step === k)?.params.entries() ?? []) {
        note(`p${i} after step ${k}`, difference(await environment.name(`p${i}`).get(), want, tolerance))
      }
    }
    note('losses', differenceOf(losses, c.losses, tolerance))
  } finally {
    environment.dispose()
  }
  return failures
}

/** Compares a schedule's values as plans compute them, and as hosts do. */
export async function runSchedule(
  c: ScheduleCase,
  { runtime, functions, optimizers, precision }: OracleRun,
): Promise<string[]> {
  const schedule = evaluate(c.schedule, { ...functions, ...optimizers }, precision) as Scheduled
  const computed = await runtime.run(async (ctx) => {
    const k = ctx.placeholder('k', [], precision)
    const value = schedule.at(k)
    const values: number[] = []
    for (let i = 0; i < c.values.length; i++)
      values.push((await ctx.evaluator().push(value).feed(k, i).run())[0].item())
    return values
  })
  const onHost = c.values.map((_, i) => schedule.valueAt(i))
  const rtol = c.rtol
  const wrong = [
    ['at', differenceOf(computed, c.values, toleranceOf(precision, { rtol }))],
    ['valueAt', differenceOf(onHost, c.values, toleranceOf('float64', { rtol }))],
  ] as const
  return wrong.flatMap(([what, text]) => (text ? [`${what}: ${text}`] : []))
}

const differenceOf = (
  got: readonly number[],
  want: readonly number[],
  tolerance: Parameters<typeof difference>[2],
): string | null =>
  difference({ shape: [got.length], data: Float64Array.from(got) }, { shape: [want.length], data: want }, tolerance)
