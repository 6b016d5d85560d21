import { afterAll, beforeAll, expect, it } from 'vitest'
import { exp, grad, mul, setRuntime, sum, tensor, type Runtime, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { adagrad, adam, adamax, adamw, nadam, radam, rmsprop, sgd, type Optimizer } from '../src/index.ts'
import { createTestRuntime } from './problems.ts'

let runtime: Runtime
beforeAll(() => {
  setRuntime((runtime = createTestRuntime()))
})
afterAll(() => runtime.close())

const loss = (w: Tensor, scale: Tensor): Tensor => sum(mul(exp(mul(w, scale)), w))

/** The loss after three steps from `start`, as a function of where they start and of what they follow. */
const trained =
  (opt: Optimizer) =>
  (start: Tensor, scale: Tensor, factor: Tensor): Tensor => {
    let params = start
    let state: ReturnType<Optimizer['init']> = opt.init(start)
    for (let i = 0; i < 3; i++) {
      const [g] = grad([loss(params, scale)], [params])
      const gradients = mul(g, factor)
      ;({ params, state } = opt.next({ params, gradients, state }))
    }
    return loss(params, scale)
  }

const all: Record<string, Optimizer> = {
  sgd: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  adam: adam({ learningRate: 0.1, eps: 1e-3 }),
  amsgrad: adam({ learningRate: 0.1, eps: 1e-3, amsgrad: true }),
  adamw: adamw({ learningRate: 0.1, eps: 1e-3 }),
  nadam: nadam({ learningRate: 0.1, eps: 1e-3 }),
  radam: radam({ learningRate: 0.1, eps: 1e-3 }),
  adamax: adamax({ learningRate: 0.1, eps: 1e-3 }),
  rmsprop: rmsprop({ learningRate: 0.1, eps: 1e-3, centered: true }),
  adagrad: adagrad({ learningRate: 0.1 }),
}

it.each(Object.entries(all))('steps of %s are differentiated, twice', async (_, opt) => {
  const inputs = [tensor([0.5, -0.7], { dtype: 'float64' }), tensor(0.8, { dtype: 'float64' })]
  const check = checkGrads(trained(opt), [...inputs, tensor(1.3, { dtype: 'float64' })])
  await expect(check).resolves.toBeUndefined()
})
