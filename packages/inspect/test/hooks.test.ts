import { inspect } from 'node:util'
import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { createRuntime, grad, hostArray, scope, sum, tanh, tensor, type Backend } from '@gradloom/core'
import { sort } from '@gradloom/ops'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { consoleFormatter, print, shape, show, statistics, stats } from '../src/index.ts'

/** No kernels. */
const plain = { ...reference().capabilities, kernels: [] }
const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())
let lines: string[] = []
beforeEach(() => {
  lines = []
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void lines.push(values.join(' ')))
})
afterEach(() => {
  vi.restoreAllMocks()
})

test('print, shape, stats and show say what a value and a gradient are of, until they are taken away', async () => {
  await rt.run(async (ctx) => {
    const x = ctx.placeholder('x', [2])
    const h = scope('layer', () => tanh(x))
    const [g] = grad([sum(h.mul(h))], [x])
    const removals = [h.hook(print), h.hook(shape), h.hook(stats), x.hook(print, { gradient: true })]
    const run = (): Promise<unknown> => ctx.evaluator().push(g).feed(x, [0, 0]).run()
    await run()
    expect(lines).toEqual([
      'tanh in layer: HostArray float32 [2] [0, 0]',
      'tanh in layer: float32 [2]',
      'tanh in layer: float32 [2] min 0 max 0 mean 0 std 0, 2 zeros',
      'gradient in x: HostArray float32 [2] [0, 0]',
    ])
    for (const remove of removals) remove()
    h.hook(show)
    lines = []
    await run()
    expect(lines).toEqual([
      'tanh in layer: float32 [2] min 0 max 0 mean 0 std 0, 2 zeros\nHostArray float32 [2] [0, 0]',
    ])
  })
})

test.each([
  ['in a worker', () => [cpu({ threads: 1, placement: 'worker' })]],
  [
    'on two backends',
    () => [
      { ...reference(), name: 'first', capabilities: plain },
      { ...reference(), name: 'second' },
    ],
  ],
])('hooks are told values of runs %s', async (_, backends: () => Backend[]) => {
  const runtime = createRuntime({ backends: backends() })
  const seen: unknown[] = []
  const step = runtime.variables().compile((ctx) => {
    const h = sort(tanh(ctx.placeholder('x', [3])))
    h.hook((value) => seen.push(value.shape))
    h.hook((value) => seen.push(value.array()), { gradient: true })
    const loss = sum(h.mul(2))
    return { loss, g: grad([loss], [h])[0] }
  })
  for (let i = 0; i < 2; i++) expect((await step({ x: [0, 0, 0] })).loss.item()).toBe(0)
  expect(seen).toEqual([[3], [2, 2, 2], [3], [2, 2, 2]])
  await runtime.close()
})

test('statistics are those of the finite elements', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noDefaultInfinity: false, noNaN: false }), { maxLength: 50 }), (values) => {
      const { min, max, mean, std, zeros, nans, infinities, count } = statistics(hostArray(Float32Array.from(values)))
      const finite = values.filter((v) => Number.isFinite(v))
      expect(count).toBe(values.length)
      expect([nans, infinities, zeros]).toEqual([
        values.filter((v) => Number.isNaN(v)).length,
        values.filter((v) => Math.abs(v) === Infinity).length,
        values.filter((v) => v === 0).length,
      ])
      if (!finite.length) {
        expect([min, max, mean, std]).toEqual([NaN, NaN, NaN, NaN])
        return
      }
      expect([min, max]).toEqual([Math.min(...finite), Math.max(...finite)])
      const average = finite.reduce((a, b) => a + b, 0) / finite.length
      const spread = Math.sqrt(finite.reduce((a, b) => a + (b - average) ** 2, 0) / finite.length)
      expect(Math.abs(mean - average)).toBeLessThanOrEqual(1e-9 * Math.abs(average))
      expect(Math.abs(std - spread)).toBeLessThanOrEqual(1e-9 * spread)
    }),
  )
})

test('float16 and bool have statistics of their numbers', () => {
  expect(String(statistics(hostArray(Uint8Array.of(1, 0, 1, 1), [4], 'bool')))).toBe(
    'bool [4] min 0 max 1 mean 0.75 std 0.433, 1 zeros',
  )
  expect(statistics(hostArray(Uint16Array.of(0x3c00, 0xbc00), [2], 'float16')).std).toBe(1)
  expect(inspect(statistics(hostArray(Float32Array.of(NaN, 2))))).toContain('1 NaN')
})

test('a browser shows dtype and shape on a line, and values below it once they are known', () => {
  const formatter = consoleFormatter()
  const textOf = (part: ReturnType<typeof formatter.body>): unknown => part?.[2]
  const known = tensor([[1, 2]])
  expect([textOf(formatter.header(known)), formatter.hasBody(known), textOf(formatter.body(known))]).toEqual([
    'Tensor float32 [1, 2]',
    true,
    '[[1, 2]]',
  ])
  expect(textOf(formatter.header(tensor(3)))).toBe('Tensor float32 []')
  expect(textOf(formatter.body(tensor(3)))).toBe('3')
  const unknown = known.add(1)
  expect([textOf(formatter.header(unknown)), formatter.hasBody(unknown)]).toEqual(['Tensor float32 [1, 2]', false])
  const wide = hostArray(new Float32Array(900), [30, 30])
  expect(textOf(formatter.header(wide))).toBe('HostArray float32 [30, 30]')
  expect(String(textOf(formatter.body(wide)))).toMatch(/^\[\[0, 0.*\n \[0/)
  for (const other of [null, 1, 'text', {}, [1]])
    expect([formatter.header(other), formatter.hasBody(other)]).toEqual([null, false])
})
