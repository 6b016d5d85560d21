import { reference } from '@gradloom/conformance'
import { createRuntime, matmul, scope, SettingError, ShapeError, sizeOf, tanh, type Tensor } from '@gradloom/core'
import { layers, maxPool2d, model, relu } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { summary } from '../src/index.ts'

const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())
const { batchNorm, conv2d, linear, sequential, transformerBlock } = layers

test('a model in words', () => {
  const network = sequential(
    conv2d(1, 4, { kernelSize: 3, padding: 1 }),
    batchNorm(4),
    relu,
    (x) => maxPool2d(x, { kernelSize: 2 }),
    (x) => x.reshape([-1, 64]),
    sequential(linear(64, 1000), relu, linear(1000, 2)),
  )
  const net = model(rt.variables(), network, createRng(1))
  expect(String(summary(net, { input: [2, 1, 8, 8], depth: 2 }))).toMatchInlineSnapshot(`
    "layer         ops                                                      output                parameters  state  product FLOP
    sequential/0  convolution + expandDims + add                           float32 [2, 4, 8, 8]          40      0        9.22 k
    sequential/1  expandDims + stopGradient + sub + expandDims and 8 more  float32 [2, 4, 8, 8]           8      8             0
    sequential/2  relu                                                     float32 [2, 4, 8, 8]           0      0             0
    sequential/3  maxPool                                                  float32 [2, 4, 4, 4]           0      0             0
    sequential/4  reshape                                                  float32 [2, 64]                0      0             0
    sequential/5  matmul + add + relu + matmul and 1 more                  float32 [2, 2]            67,002      0         264 k
    67,050 parameters, 8 of state, 268 kB, 273 kFLOP in products"
  `)
})

test('what lies behind a tensor is a model too, with unnamed ops between its scopes', async () => {
  const env = rt.variables()
  env.name('hidden/weight').set([[1, 2]])
  env.name('output/weight').set([[1], [2]])
  await env.run((ctx) => {
    const layer = (x: Tensor, name: string): Tensor => scope(name, () => matmul(x, ctx.variable(`${name}/weight`)))
    const y = layer(tanh(layer(ctx.placeholder('x', [-1, 1]), 'hidden')), 'output')
    const { layers: rows, parameters, flops } = summary(y)
    expect(rows.map((r) => [r.scope, r.ops.join(), r.shape])).toEqual([
      ['hidden', 'matmul', [-1, 2]],
      ['', 'tanh', [-1, 2]],
      ['output', 'matmul', [-1, 1]],
    ])
    expect([parameters, flops]).toEqual([4, null])
  })
})

test('it counts what the model has, each parameter once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 }), async (widths) => {
      const parts = widths.slice(1).map((n, i) => linear(widths[i], n))
      const env = rt.variables()
      const net = model(env, sequential(...parts, batchNorm(widths.at(-1)!)), createRng(1))
      const { layers: rows, parameters, state, bytes, flops } = summary(net, { input: [3, widths[0]] })
      const trained = net.variables().reduce((total, t) => total + sizeOf(t.shape), 0)
      expect([parameters, state]).toEqual([trained, 2 * widths.at(-1)!])
      expect(bytes).toBe(4 * (parameters + state))
      const names = rows.flatMap((r) => r.parameters.map((p) => p.name))
      expect(names.toSorted()).toEqual(env.variableNames().toSorted())
      expect(flops).toBe(widths.slice(1).reduce((sum, n, i) => sum + 2 * 3 * n * widths[i], 0))
      expect(rows.at(-1)!.shape).toEqual([3, widths.at(-1)])
    }),
    { numRuns: 20 },
  )
})

test('parameters that are no variables have the names of their places', () => {
  const network = sequential(linear(2, 3), transformerBlock(3, { heads: 1 }))
  const parameters = network.init(createRng(1))
  const found = summary({ parameters, apply: (x) => network.apply(parameters, x as Tensor) }, { input: [1, 4, 2] })
  expect(found.layers[0].parameters.map((p) => p.name)).toEqual(['0/weight', '0/bias'])
  expect(found.layers).toHaveLength(2)
  expect(found.parameters).toBe(9 + 4 * 12 + 2 * 6 + (3 * 12 + 12) + (12 * 3 + 3))
})

test('JSON has all of it, the text apart', () => {
  const net = model(rt.variables(), sequential(linear(2, 3)), createRng(1))
  const found = summary(net, { input: [-1, 2] })
  expect(JSON.parse(JSON.stringify(found))).toEqual({ ...found })
})

test('a model needs the shape of an input that it takes', () => {
  const net = model(rt.variables(), sequential(linear(2, 3)), createRng(1))
  expect(() => summary(net)).toThrow(SettingError)
  expect(() => summary(net, { input: [4, 5] })).toThrow(ShapeError)
  expect(() => summary(net, { depth: 'all' as never })).toThrow(SettingError)
})
