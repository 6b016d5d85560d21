import { createRuntime, matmul, mean, tensor, type Backend, type Runtime } from '@gradloom/core'
import { relu } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { adam } from '@gradloom/optim'

/** A small regression, trained by Adam. */
export interface Training {
  readonly runtime: Runtime
  /** The loss of the next step. */
  step(): Promise<number>
  values(): Promise<number[]>
}

export function training(...backends: readonly Backend[]): Training {
  const runtime = createRuntime({ backends })
  const variables = runtime.variables()
  const rng = createRng(7)
  variables.name('w1').set(rng.glorotUniform([3, 8]))
  variables.name('b1').set(tensor(Array.from({ length: 8 }, () => 0)))
  variables.name('w2').set(rng.glorotUniform([8, 1]))
  const names = variables.variableNames()
  const train = variables.compile((ctx) => {
    const x = ctx.placeholder('x', [-1, 3])
    const hidden = relu(matmul(x, ctx.variable('w1')).add(ctx.variable('b1')))
    const off = matmul(hidden, ctx.variable('w2')).sub(ctx.placeholder('y', [-1, 1]))
    const loss = mean(off.mul(off))
    return { loss, train: adam({ learningRate: 0.01 }).minimize(loss, ctx.variables()) }
  })
  const x = Array.from({ length: 5 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 5])
  const y = x.map(([a, b, c]) => [a * b + c])
  return {
    runtime,
    step: async () => (await train({ x, y })).loss.item(),
    values: async () => {
      const all: number[] = []
      for (const name of names) all.push(...(await variables.name(name).get()).data)
      return all
    },
  }
}
