import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { createRuntime, grad } from '../src/index.ts'

const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())

describe('z = 2x^2 + 3y + 1', () => {
  it('has gradients 3, 4x and 4', () =>
    rt.run(async (ctx) => {
      const x = ctx.placeholder('x', [])
      const y = ctx.placeholder('y', [])
      const z = x.mul(x).mul(2).add(y.mul(3)).add(1)
      const [gy] = grad([z], [y])
      expect(await gy.item()).toBe(3)
      const [gx] = grad([z], [x])
      for (const fed of [2, [2], new Float32Array([2])]) {
        const [v] = await ctx.evaluator().push(gx).feed(x, fed).run()
        expect(v.item()).toBe(8)
      }
      const [ggx] = grad([gx], [x])
      expect(await ggx.item()).toBe(4)
    }))
})
