/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  createRuntime,
  exp,
  grad,
  hostArray,
  matmul,
  mean,
  mul,
  square,
  tanh,
  type Policy,
  type Choices,
  type Recomputations,
  type Stage,
  type Tensor,
} from '@gradloom/core'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { budget } from '../src/index.ts'
import { costOf } from '../src/policies/cost.ts'
import { values } from './models.ts'

const runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
afterAll(() => runtime.close())

/** INSTANCES=200 tries more programs than every run does. */
const instances = Number(process.env['INSTANCES'] ?? 12)
const seed = Number(process.env['SEED'] ?? 20_261_129)
const SIZE = 24
/** Values of which all sets are tried. */
const MOST = 16
/** Plans after which an instance is given up: what does not fit in any way would take all of 2^16. */
const MOST_PLANS = 500

/** A program of a few values, each made of earlier ones: products, activations, skips. */
const program = fc.array(fc.record({ kind: fc.nat(3), near: fc.nat(9), far: fc.nat(9) }), {
  minLength: 4,
  maxLength: 10,
})
type Program = typeof program extends fc.Arbitrary<infer T> ? T : never

function lossOf(x: Tensor, w: Tensor, steps: Program): Tensor {
  const all = [tanh(matmul(x, w))]
  for (const { kind, near, far } of steps) {
    const a = all[Math.max(0, all.length - 1 - (near % 2))]
    const b = all[far % all.length]
    all.push(
      [() => tanh(matmul(a, w)), () => exp(mul(tanh(a), 0.5)), () => tanh(mul(a, b)), () => add(tanh(matmul(b, w)), a)][
        kind
      ](),
    )
  }
  return mean(square(all.slice(-2).reduce((p, q) => add(p, q))))
}

/** Hands the stage of a program to `use`. */
async function withStage(steps: Program, use: (stage: Stage) => Choices): Promise<void> {
  const policy: Policy = Object.assign((): never => fail(), { plan: use })
  const env = runtime.variables()
  env.name('w').set(hostArray(values(SIZE * SIZE, 1), [SIZE, SIZE]))
  const step = env.compile(
    (ctx) => {
      const loss = lossOf(ctx.placeholder('x', [SIZE, SIZE]), ctx.variable('w'), steps)
      return { loss, gradient: grad([loss], [ctx.variable('w')])[0] }
    },
    { rematerialise: policy },
  )
  await step.plan({ x: hostArray(values(SIZE * SIZE, 2), [SIZE, SIZE]) })
  env.dispose()
}
function fail(): never {
  throw new Error('a policy that plans is not asked about values')
}

/** The least operations of all sets of values to keep whose plan fits: of each value, whether it is kept. All that take
 * less were planned, and do not fit. */
function exhaustive({ values: all, peakOf }: Stage, bytes: number): number {
  const positions = new Map(all.map((v, i) => [v.tensor, i]))
  const sources = all.map((v) => v.sources.reduce((bits, t) => bits | (1 << (positions.get(t) ?? 31)), 0))
  /** By the values that are computed again, as bits: the operations of that. */
  const costs = new Map<number, number>()
  for (let mask = 0; mask < 2 ** all.length; mask++) {
    let needed = all.reduce((bits, v, i) => (v.isRead ? bits | (1 << i) : bits), 0)
    let again = 0
    let cost = 0
    for (let i = all.length - 1; i >= 0; i--) {
      if (!(((needed & mask) >> i) & 1)) continue
      again |= 1 << i
      needed |= sources[i]
      cost += all[i].cost
    }
    costs.set(again, cost)
  }
  const cheapestFirst = [...costs].sort((a, b) => a[1] - b[1]).slice(0, MOST_PLANS)
  const fits = ([again]: readonly [number, number]): boolean =>
    peakOf(new Map(all.map((v, i) => [v.tensor, (again >> i) & 1]))) <= bytes
  return cheapestFirst.find(fits)?.[1] ?? Infinity
}

describe(`budgets of random programs (seed ${seed})`, () => {
  it(
    'take no more than a tenth beyond the least operations of all choices',
    () =>
      fc.assert(
        fc.asyncProperty(program, fc.double({ min: 0.55, max: 0.95, noNaN: true }), async (steps, part) => {
          const got = { least: Infinity, cost: 0, peak: 0, bytes: 0, plans: 0 }
          await withStage(steps, (stage) => {
            const bytes = Math.floor(part * stage.peakOf(new Map()))
            const least = stage.values.length <= MOST ? exhaustive(stage, bytes) : Infinity
            if (least === Infinity) return new Map()
            const peakOf: Stage['peakOf'] = (plan) => {
              got.plans++
              return stage.peakOf(plan)
            }
            const found = budget(bytes).plan!({ ...stage, peakOf })
            Object.assign(got, {
              least,
              bytes,
              cost: costOf(stage.values, found as Recomputations),
              peak: stage.peakOf(found),
            })
            return found
          })
          fc.pre(got.least < Infinity)
          expect(got.peak).toBeLessThanOrEqual(got.bytes)
          expect(got.cost).toBeLessThanOrEqual(1.1 * got.least)
          expect(got.plans).toBeLessThanOrEqual(1 + 16_000 / 4)
        }),
        { seed, numRuns: instances, maxSkipsPerRun: 1000 },
      ),
    60_000 + 30_000 * instances,
  )
})
