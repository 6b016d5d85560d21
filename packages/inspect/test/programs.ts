import { reference } from '@gradloom/conformance'
import {
  assign,
  concat,
  createRuntime,
  exp,
  grad,
  matmul,
  max,
  mean,
  scope,
  sum,
  tanh,
  transpose,
  type Backend,
  type CompiledStep,
  type Plan,
  type Runtime,
  type Tensor,
  type Update,
} from '@gradloom/core'
import fc from 'fast-check'

/** A training step of a layer and what comes after it, small enough to read its plan. */
export function smallStep(runtime: Runtime): CompiledStep<{ loss: Tensor; train: Update }> {
  const env = runtime.variables()
  env.name('layer/weight').set([
    [1, 2],
    [3, 4],
    [5, 6],
  ])
  return env.compile((ctx) => {
    const x = ctx.placeholder('x', [-1, 3])
    const w = ctx.variable('layer/weight')
    const y = scope('layer', () => tanh(matmul(x, w)))
    const loss = scope('loss', () => mean(y.mul(y)))
    const [g] = grad([loss], [w])
    return { loss, train: assign(w, w.sub(g.mul(0.1))) }
  })
}

/** The reference backend, with kernels that do several ops. */
export function fusing(): Backend {
  const backend = reference()
  return { ...backend, capabilities: { ...backend.capabilities, fuse: true } }
}

/** The plan of results, fused. */
export async function planOf(
  body: Parameters<ReturnType<Runtime['variables']>['compile']>[0],
  feeds = {},
): Promise<Plan> {
  const runtime = createRuntime({ backends: [fusing()] })
  try {
    return await runtime.variables().compile(body).plan(feeds)
  } finally {
    await runtime.close()
  }
}

/** How to go on from the values that there are: an op, and which of them it takes. */
export interface Move {
  readonly op: number
  readonly from: number
}
export const moves: fc.Arbitrary<Move[]> = fc.array(fc.record({ op: fc.nat(8), from: fc.nat(1000) }), {
  minLength: 1,
  maxLength: 14,
})
export const sizes: fc.Arbitrary<number> = fc.integer({ min: 1, max: 40 })

/** A random program over an [n, n] feed, and its gradient. */
export function randomProgram(list: readonly Move[], n: number): Promise<Plan> {
  return planOf(
    (ctx) => {
      const x = ctx.placeholder('x', [n, n])
      const values: Tensor[] = [x]
      const ops: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
        (a, b) => a.add(b),
        (a, b) => matmul(a, b),
        (a) => exp(a.mul(0.01)),
        (a) => tanh(a),
        (a) => transpose(a),
        (a) => a.sub(max(a, { axis: 1, keepDims: true })),
        (a) => a.div(sum(exp(a), { axis: 0 })),
        (a, b) => concat([a, b], 0).reshape([2, n, n]).mean({ axis: 0 }),
        (a, b) => scope('inner', () => matmul(a, tanh(b))),
      ]
      list.forEach(({ op, from }, i) => {
        const at = (k: number): Tensor => values[k % values.length]
        values.push(scope(`part ${i % 3}`, () => ops[op](at(from), at(from + i))))
      })
      const loss = mean(values.at(-1)!)
      const [g] = grad([loss], [x], { allowUnused: true })
      return { loss, g }
    },
    { x: new Float32Array(n * n) },
  )
}
