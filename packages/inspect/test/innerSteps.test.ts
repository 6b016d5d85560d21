import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { add, createRuntime, grad, greater, matmul, scope, sum, tanh, type Backend, type Tensor } from '@gradloom/core'
import { cond, scan } from '@gradloom/ops'
import { describe, expect, it } from 'vitest'
import { explain, profile, type InnerStep, type Profile } from '../src/index.ts'

const LENGTH = 20
const SIZE = 48
const feeds = { w: new Float32Array(SIZE * SIZE).fill(0.01), x: new Float32Array(SIZE * SIZE).fill(0.5) }

type Loss = (w: Tensor, x: Tensor) => Tensor

/** A profile of a loss and its gradient, and what its plan is. */
async function profiled(backend: Backend, loss: Loss) {
  const rt = createRuntime({ backends: [backend] })
  try {
    const step = rt.variables().compile((ctx) => {
      const w = ctx.placeholder('w', [SIZE, SIZE])
      const y = loss(w, ctx.placeholder('x', [SIZE, SIZE]))
      return { y, g: grad([y], [w])[0] }
    })
    const told = await profile(step, feeds, { runs: 3, warmup: 1 })
    return { told, steps: explain(await step.plan(feeds)).steps }
  } finally {
    await rt.close()
  }
}
const looped: Loss = (w, x) => {
  const [last] = scan((h: Tensor) => [scope('cell', () => tanh(matmul(h, w))), null] as const, x, null, {
    length: LENGTH,
  })
  return sum(last)
}
const total = (steps: readonly { readonly ms: number }[]): number => steps.reduce((ms, s) => ms + s.ms, 0)
const loops = ({ steps }: Profile) => steps.filter((s) => s.type === 'scan')

const placements = ['inline', 'worker'] as const
describe.each(placements)('on the cpu backend, %s', (placement) => {
  const backend = (): Backend => cpu({ threads: 1, placement })

  it('steps within a scan are those of its plan, and their times are of its own', async () => {
    const { told, steps } = await profiled(backend(), looped)
    expect(loops(told)).toHaveLength(2)
    for (const loop of loops(told)) {
      const [within] = steps[loop.step].inner
      expect(loop.inner.map((s) => s.ops)).toEqual(within.steps.map((s) => s.ops))
      expect(loop.inner.some((s) => s.scope.endsWith('cell'))).toBe(true)
      expect(total(loop.inner)).toBeLessThanOrEqual(loop.ms + 1e-9)
      expect(total(loop.inner)).toBeGreaterThan(0)
      for (const s of loop.inner) expect(s.share).toBeCloseTo(s.ms / told.ms, 9)
    }
    expect(String(told)).toMatch(/\n {2}matmul.* cell /)
    expect(JSON.parse(JSON.stringify(told))).toEqual({ ...told })
  })

  it('loops within loops are told as deep as they go', async () => {
    const nested: Loss = (w, x) => {
      const inner = (h: Tensor): Tensor =>
        scan((one: Tensor) => [tanh(matmul(one, w)), null] as const, h, null, { length: 3 })[0]
      return sum(scan((h: Tensor) => [inner(h), null] as const, x, null, { length: 4 })[0])
    }
    const { told } = await profiled(backend(), nested)
    const deepest = (s: { readonly inner: readonly InnerStep[] }): number =>
      Math.max(0, ...s.inner.map((i) => 1 + deepest(i)))
    expect(Math.max(...told.steps.map(deepest))).toBe(2)
    for (const loop of loops(told)) for (const s of loop.inner) expect(total(s.inner)).toBeLessThanOrEqual(s.ms + 1e-9)
  })

  it('of two branches the one that ran has times', async () => {
    const branched: Loss = (w, x) =>
      sum(
        cond(
          greater(sum(x), 0),
          () => tanh(matmul(x, w)),
          () => add(x, w),
        ),
      )
    const { told } = await profiled(backend(), branched)
    const branches = told.steps.filter((s) => s.type === 'cond')
    expect(branches.length).toBeGreaterThan(0)
    for (const { inner } of branches) expect(new Set(inner.map((s) => s.plan))).toEqual(new Set([0]))
  })
})

it('a backend that cannot tell gives the time of the loop alone', async () => {
  const { told } = await profiled(reference(), looped)
  expect(loops(told).map((s) => s.inner)).toEqual([[], []])
})
