import { reference } from '@gradloom/conformance'
import {
  add,
  createRuntime,
  matmul,
  mean,
  mul,
  sub,
  square,
  sum,
  tensor,
  log1p,
  exp,
  abs,
  maximum,
  neg,
  slice,
  type Runtime,
  type Tensor,
  type VariableEnvironment,
} from '@gradloom/core'
import type { Optimizer } from '../src/index.ts'

export const createTestRuntime = (): Runtime => createRuntime({ backends: [reference()] })

export interface Problem {
  readonly start: { readonly [name: string]: number[] }
  loss(p: { readonly [name: string]: Tensor }): Tensor
  readonly least: number
}

/** An ill-conditioned quadratic bowl, Rosenbrock's valley, and logistic regression with a little weight decay. */
export const problems: { readonly [name: string]: Problem } = {
  bowl: {
    start: { a: [2, -1.5, 1], b: [0.5] },
    least: 0,
    loss: ({ a, b }) => add(sum(mul(square(a), [1, 3, 0.5])), mul(sum(square(sub(b, 1))), 2)),
  },
  rosenbrock: {
    start: { p: [-1.2, 1] },
    least: 0,
    loss: ({ p }) => {
      const x = slice(p, [0])
      const y = slice(p, [1])
      return add(square(sub(1, x)), mul(square(sub(y, square(x))), 100))
    },
  },
  logistic: {
    start: { w: [0, 0, 0], b: [0] },
    least: 0.245_848_770_769,
    loss: ({ w, b }) => {
      const x = tensor(
        points.map((p) => p.slice(0, 3)),
        { dtype: 'float64' },
      )
      const y = tensor(
        points.map((p) => p[3]),
        { dtype: 'float64' },
      )
      const z = add(matmul(x, w), b)
      return add(mean(sub(add(maximum(z, 0), log1p(exp(neg(abs(z))))), mul(y, z))), mul(sum(square(w)), 0.01))
    },
  },
}
/** Three features and a label that they do not quite decide. */
const points = Array.from({ length: 24 }, (_, i) => {
  const [a, b, c] = [1, 2, 3].map((k) => Math.sin(i * 1.7 * k + k) * 1.5)
  return [a, b, c, a - 0.5 * b + 0.3 * Math.cos(i * 5.1) > 0.1 ? 1 : 0]
})

export function setUp(runtime: Runtime, { start }: Problem): VariableEnvironment {
  const env = runtime.variables()
  for (const [name, value] of Object.entries(start)) env.name(name).set(tensor(value, { dtype: 'float64' }))
  return env
}

export const compileStep = (
  env: VariableEnvironment,
  { start, loss }: Problem,
  optimizer: Optimizer,
): (() => Promise<{ readonly loss: { item(): number } }>) =>
  env.compile((ctx) => {
    const value = loss(Object.fromEntries(Object.keys(start).map((n) => [n, ctx.variable(n)])))
    return { loss: value, train: optimizer.minimize(value, ctx.variables()) }
  })
