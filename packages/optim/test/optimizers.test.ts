import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Runtime } from '@gradloom/core'
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  lamb,
  lbfgs,
  lion,
  nadam,
  radam,
  rmsprop,
  sgd,
  constant,
  cosine,
  join,
  type Optimizer,
} from '../src/index.ts'
import { compileStep, createTestRuntime, problems, setUp } from './problems.ts'

// Settings and steps under which each solves a problem to within `within` of its least loss.
const bowl = { steps: 200, within: 1e-3 }
const table: { name: string; make: () => Optimizer; rosenbrock: Optimizer; steps: number }[] = [
  { name: 'sgd', make: () => sgd({ learningRate: 0.1 }), rosenbrock: sgd({ learningRate: 1e-3 }), steps: 4000 },
  {
    name: 'sgd with momentum',
    make: () => sgd({ learningRate: 0.05, momentum: 0.8 }),
    rosenbrock: sgd({ learningRate: 1e-3, momentum: 0.9 }),
    steps: 1200,
  },
  {
    name: 'sgd with Nesterov momentum',
    make: () => sgd({ learningRate: 0.05, momentum: 0.8, nesterov: true }),
    rosenbrock: sgd({ learningRate: 1e-3, momentum: 0.9, nesterov: true }),
    steps: 1200,
  },
  { name: 'adam', make: () => adam({ learningRate: 0.1 }), rosenbrock: adam({ learningRate: 0.05 }), steps: 1200 },
  {
    name: 'adam, amsgrad',
    make: () => adam({ learningRate: 0.1, amsgrad: true }),
    rosenbrock: adam({ learningRate: 0.05, amsgrad: true }),
    steps: 1500,
  },
  {
    name: 'adamw',
    make: () => adamw({ learningRate: 0.1, weightDecay: 0 }),
    rosenbrock: adamw({ learningRate: 0.05, weightDecay: 0 }),
    steps: 1200,
  },
  { name: 'adamax', make: () => adamax({ learningRate: 0.1 }), rosenbrock: adamax({ learningRate: 0.1 }), steps: 1500 },
  { name: 'nadam', make: () => nadam({ learningRate: 0.1 }), rosenbrock: nadam({ learningRate: 0.05 }), steps: 1200 },
  // Its first steps are momentum without a scale, too long at 0.05 for the slopes of that valley.
  {
    name: 'radam',
    make: () => radam({ learningRate: 0.1 }),
    rosenbrock: radam({ learningRate: join([constant(1e-4), constant(0.05)], [6]) }),
    steps: 1500,
  },
  {
    name: 'rmsprop',
    make: () => rmsprop({ learningRate: cosine(0.05, { steps: 200 }) }),
    rosenbrock: rmsprop({ learningRate: cosine(0.02, { steps: 1500 }) }),
    steps: 1500,
  },
  {
    name: 'adagrad',
    make: () => adagrad({ learningRate: 0.5 }),
    rosenbrock: adagrad({ learningRate: 0.5 }),
    steps: 2500,
  },
  {
    name: 'adadelta',
    make: () => adadelta({ learningRate: cosine(10, { steps: 200 }), eps: 1e-5 }),
    rosenbrock: adadelta({ learningRate: cosine(1, { steps: 3000 }) }),
    steps: 3000,
  },
  {
    name: 'lion',
    make: () => lion({ learningRate: cosine(0.1, { steps: 200 }) }),
    rosenbrock: lion({ learningRate: cosine(0.02, { steps: 1500 }) }),
    steps: 1500,
  },
  {
    name: 'lamb',
    make: () => lamb({ learningRate: cosine(0.05, { steps: 200 }) }),
    rosenbrock: lamb({ learningRate: cosine(0.1, { steps: 2000 }) }),
    steps: 2000,
  },
  { name: 'lbfgs', make: () => lbfgs(), rosenbrock: lbfgs(), steps: 60 },
]

let runtime: Runtime
beforeAll(() => {
  runtime = createTestRuntime()
})
afterAll(() => runtime.close())

describe.each(table)('$name', ({ make, rosenbrock, steps }) => {
  it('reaches the bottom of a quadratic bowl, from one plan for all steps', async () => {
    const step = compileStep(setUp(runtime, problems.bowl), problems.bowl, make())
    await step()
    const plans = runtime.plansCompiled
    for (let i = 0; i < bowl.steps; i++) await step()
    expect((await step()).loss.item()).toBeLessThan(bowl.within)
    expect(runtime.plansCompiled).toBe(plans)
  })
  it('follows the valley of Rosenbrock', async () => {
    const step = compileStep(setUp(runtime, problems.rosenbrock), problems.rosenbrock, rosenbrock)
    for (let i = 0; i < steps; i++) await step()
    expect((await step()).loss.item()).toBeLessThan(0.05)
  })
  it('fits a logistic regression', async () => {
    const step = compileStep(setUp(runtime, problems.logistic), problems.logistic, make())
    for (let i = 0; i < 300; i++) await step()
    expect(Math.abs((await step()).loss.item() - problems.logistic.least)).toBeLessThan(5e-3)
  })
  it('goes on from a save as if it had not stopped', async () => {
    const env = setUp(runtime, problems.logistic)
    const step = compileStep(env, problems.logistic, make())
    for (let i = 0; i < 7; i++) await step()
    const saved = await env.save()
    for (let i = 0; i < 5; i++) await step()
    const other = setUp(runtime, problems.logistic)
    const resumed = compileStep(other, problems.logistic, make())
    other.load(saved)
    for (let i = 0; i < 5; i++) await resumed()
    expect([...(await other.save())].map(([n, v]) => [n, [...v.data]])).toEqual(
      [...(await env.save())].map(([n, v]) => [n, [...v.data]]),
    )
  })
})
