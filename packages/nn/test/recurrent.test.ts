import { describe, expect, it } from 'vitest'
import { grad, slice, sum, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { gru, gruCell, lstm, lstmCell, rnn, rnnCell } from '../src/index.ts'
import { list, refusal, values, withRuntime } from './runtime.ts'

const runtime = withRuntime()
const weights = (gates: number): { inputWeight: Tensor; hiddenWeight: Tensor; bias: Tensor } => ({
  inputWeight: values([gates * 2, 3], 1),
  hiddenWeight: values([gates * 2, 2], 2),
  bias: values([gates * 2], 3),
})
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

describe('cells', () => {
  it('gruCell is its definition, with the hidden bias inside the reset product', async () => {
    const x = values([1, 1])
    const h = values([1, 1], 1)
    const w = {
      inputWeight: values([3, 1], 2),
      hiddenWeight: values([3, 1], 3),
      bias: values([3], 4),
      hiddenBias: values([3], 5),
    }
    const [[xv], [hv], wi, wh, b, hb] = await Promise.all(
      [x, h, w.inputWeight, w.hiddenWeight, w.bias, w.hiddenBias].map(list),
    )
    const input = wi.map((v, i) => v * xv + b[i])
    const hidden = wh.map((v, i) => v * hv + hb[i])
    const r = sigmoid(input[0] + hidden[0])
    const z = sigmoid(input[1] + hidden[1])
    const n = Math.tanh(input[2] + r * hidden[2])
    expect((await list(gruCell(x, h, w)))[0]).toBeCloseTo((1 - z) * n + z * hv, 12)
  })
  it('have gradients to second order', async () => {
    await checkGrads(
      (x, h, inputWeight, hiddenWeight, bias, hiddenBias) =>
        gruCell(x, h, { inputWeight, hiddenWeight, bias, hiddenBias }),
      [values([1, 2]), values([1, 2], 1), values([6, 2], 2), values([6, 2], 3), values([6], 4), values([6], 5)],
    )
    await checkGrads(
      (x, h, inputWeight, hiddenWeight) => rnnCell(x, h, { inputWeight, hiddenWeight }),
      [values([2, 2]), values([2, 2], 1), values([2, 2], 2), values([2, 2], 3)],
    )
  })
})

describe('sequences', () => {
  const x = values([2, 4, 3])
  const at = (t: number): Tensor => slice(x, [null, t])
  it('are their cells step after step, from zeros or a given state', async () => {
    const zero = values([2, 2], 0, 0)
    const w = weights(4)
    let s = { h: zero, c: zero }
    const run = lstm(x, w)
    for (let t = 0; t < 4; t++) {
      s = lstmCell(at(t), s, w)
      expect(await list(slice(run.output, [null, t]))).toEqual(await list(s.h))
    }
    expect([await list(run.h), await list(run.c)]).toEqual([await list(s.h), await list(s.c)])
    let h = values([2, 2], 9)
    const plain = rnn(x, weights(1), { h })
    for (let t = 0; t < 4; t++) h = rnnCell(at(t), h, weights(1))
    expect(await list(plain.h)).toEqual(await list(h))
  })
  it('run backward in time under reverse', async () => {
    const w = weights(3)
    let h = values([2, 2], 0, 0)
    const run = gru(x, w, { reverse: true })
    for (let t = 3; t >= 0; t--) {
      h = gruCell(at(t), h, w)
      expect(await list(slice(run.output, [null, t]))).toEqual(await list(h))
    }
  })
  it('have gradients through time', () =>
    checkGrads(
      (input, inputWeight, hiddenWeight, bias, h, c) => {
        const r = lstm(input, { inputWeight, hiddenWeight, bias }, { h, c })
        return [r.output, r.c]
      },
      [values([1, 3, 2]), values([4, 2], 1), values([4, 1], 2), values([4], 3), values([1, 1], 4), values([1, 1], 5)],
    ))
  it('take unknown batch sizes and lengths', async () => {
    await runtime().run(async (ctx) => {
      const p = ctx.placeholder('x', [-1, -1, 3], 'float64')
      const { output } = gru(p, weights(3))
      for (const shape of [
        [1, 2, 3],
        [2, 3, 3],
      ]) {
        const [y] = await ctx.evaluator().push(output).feed(p, values(shape).memo!).run()
        expect(y.shape).toEqual([shape[0], shape[1], 2])
      }
    })
  })
  it('make plans of one size, whatever the length, with one product for all input parts', async () => {
    const sizes = await Promise.all(
      [3, 300].map(async (steps) => {
        const env = runtime().variables()
        env.name('w').set(values([8, 2], 2))
        const step = env.compile((ctx) => {
          const { output } = lstm(ctx.placeholder('x', [2, -1, 3], 'float64'), {
            ...weights(4),
            hiddenWeight: ctx.variable('w'),
          })
          return { g: grad([sum(output)], [ctx.variable('w')])[0] }
        })
        const { steps: list } = await step.plan({ x: values([2, steps, 3]).memo! })
        return [
          list.length,
          ...list.flatMap((s) =>
            s.type === 'scan' ? [s.length, s.plan.steps.filter((inner) => inner.type === 'contraction').length] : [],
          ),
        ]
      }),
    )
    // A product an iteration forward, one backward; that of the weight's gradient is outside.
    expect(sizes.map(([, ...rest]) => rest)).toEqual([
      [3, 1, 3, 1],
      [300, 1, 300, 1],
    ])
    expect(sizes[0][0]).toBe(sizes[1][0])
  })
  it('give back their state where there are no steps', async () => {
    const { output, h } = gru(values([2, 0, 3]), weights(3), { h: values([2, 2], 5) })
    expect(output.shape).toEqual([2, 0, 2])
    expect(await list(h)).toEqual(await list(values([2, 2], 5)))
  })
  it('refuse weights of another width', () => {
    expect(() => lstm(x, weights(3))).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
  it('refuse a bias of another size, which could broadcast', () => {
    const refused = refusal('ShapeError', 'weights', 'bias of shape \\[6\\] required, got \\[1\\]')
    for (const bias of [{ bias: [1] }, { hiddenBias: [1] }]) {
      expect(() => gru(x, { ...weights(3), ...bias })).toThrow(refused)
      expect(() => gruCell(values([1, 3]), values([1, 2]), { ...weights(3), ...bias })).toThrow(refused)
    }
  })
  it('refuse a hidden bias where nothing would take it', () => {
    const h = values([1, 2])
    const w = (gates: number): object => ({ ...weights(gates), hiddenBias: values([gates * 2]) })
    const refused = refusal('NameError', 'weights', 'hiddenBias')
    expect(() => lstm(x, w(4) as never)).toThrow(refused)
    expect(() => rnn(x, w(1) as never)).toThrow(refused)
    expect(() => lstmCell(values([1, 3]), { h, c: h }, w(4) as never)).toThrow(refused)
    expect(() => rnnCell(values([1, 3]), h, w(1) as never)).toThrow(refused)
  })
})
