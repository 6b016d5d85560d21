import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  matmul,
  setRuntime,
  square,
  sum,
  tensor,
  valueAndGrad,
  type Plan,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'
import { adam, type TensorTree } from '../src/index.ts'
import { createTestRuntime } from './problems.ts'

let runtime: Runtime
beforeAll(() => {
  setRuntime((runtime = createTestRuntime()))
})
afterAll(() => runtime.close())

const plans: Plan[] = []
const { onPlan } = ambient
beforeEach(() => {
  plans.length = 0
  ambient.onPlan = (plan, limits) => {
    plans.push(plan)
    onPlan?.(plan, limits)
  }
})
afterEach(() => {
  ambient.onPlan = onPlan
})

const products = (plan: Plan): number => plan.steps.filter((s) => s.type === 'contraction').length
const loss = valueAndGrad((w: Tensor, x: Tensor) => sum(square(matmul(x, w))))
const x = [
  [1, 2],
  [3, 4],
]
const next = adam({ learningRate: 0.1 }).next

describe('a loop that reads its loss', () => {
  it('computes the forward pass once a step, with the update that it is for', async () => {
    let params: Tensor = tensor([[1], [2]])
    let state: TensorTree | undefined
    for (let i = 0; i < 6; i++) {
      const [value, gradients] = loss(params, tensor(x))
      ;({ params, state } = next({ params, gradients, state }) as { params: Tensor; state: TensorTree })
      await value.item()
      expect(params.memo).not.toBeNull()
    }
    expect(plans.length).toBeLessThanOrEqual(2)
    // x w, and the gradient in w.
    expect(plans.map(products)).toEqual(plans.map(() => 2))
  })

  it('computes no update of another model with it, and none that is fed', async () => {
    const [value, gradients] = loss(tensor([[1], [2]]), tensor(x))
    const { params: other } = next({ params: tensor([3]), gradients: tensor([1]) })
    await runtime.run(async (ctx) => {
      const { params: fed } = next({ params: ctx.placeholder('w', [2, 1]), gradients })
      await value.item()
      expect(fed.memo).toBeNull()
    })
    expect(other.memo).toBeNull()
    expect([...(await other.data())][0]).toBeCloseTo(2.9, 6)
  })

  it('awaits nothing that it has computed, nor what can never be a number', async () => {
    const before = ambient.awaited.length
    for (let i = 0; i < 3; i++) {
      const params = tensor([[1], [i]])
      const [value, gradients] = loss(params, tensor(x))
      next({ params, gradients })
      await value.item()
    }
    await tensor([1]).add(1).data()
    expect(ambient.awaited.length).toBeLessThanOrEqual(before)
  })
})
