import { afterAll, describe, expect, it } from 'vitest'
import { checkpoint, cpu, createRuntime, inspect, tensor, type Plan } from '../src/index.ts'
import { webgpu } from '../src/webgpu.ts'

const rt = createRuntime({ backends: [cpu({ placement: 'inline', threads: 1 })] })
afterAll(() => rt.close())
const step = rt.variables().compile((ctx) => ({ y: ctx.placeholder('x', [2]).mul(2) }))
const wrong = [undefined, null, 3, 'a', {}, [], step, tensor(1), { steps: 3, spans: 1 }]

const tools: Record<string, readonly [call: (value: never) => unknown, way: string]> = {
  explain: [inspect.explain, 'await step.plan(feeds)'],
  memoryTimeline: [inspect.memoryTimeline, 'await step.plan(feeds)'],
  explainResiduals: [checkpoint.explainResiduals, 'await step.plan(feeds)'],
  dot: [inspect.dot, 'explain(plan)'],
  mermaid: [inspect.mermaid, 'explain(plan)'],
  chromeTrace: [inspect.chromeTrace, 'await profile(step, feeds)'],
  statistics: [inspect.statistics, 'await tensor.eval()'],
  flopsOf: [inspect.flopsOf, 'a step of a plan'],
}
describe.each(Object.entries(tools))('%s', (name, [call, way]) => {
  it.each(wrong.map((value) => [typeof value, value]))('refuses a %s, and says what it takes', (_, value) => {
    expect(() => call(value as never)).toThrow(
      expect.objectContaining({ name: 'SettingError', message: expect.stringContaining(way) as string }),
    )
    expect(() => call(value as never)).toThrow(new RegExp(`^${name}: `))
  })
})

it.each([inspect.print, inspect.shape, inspect.stats, inspect.show])(
  'a hook that is called by hand says so',
  (hook) => {
    for (const value of wrong)
      expect(() => hook(value as never, value as never)).toThrow(expect.objectContaining({ name: 'SettingError' }))
  },
)

it.each([3, undefined, {}, () => 3, async () => ({})])('paretoFront and profile refuse %s', async (value) => {
  await expect(checkpoint.paretoFront(value as never)).rejects.toMatchObject({ name: 'SettingError' })
  if (typeof value !== 'function')
    await expect(inspect.profile(value as never)).rejects.toMatchObject({ name: 'SettingError' })
})

it('plans and what is made of them are taken, from JSON too', async () => {
  const plan: Plan = await step.plan({ x: [1, 2] })
  const explanation = inspect.explain(plan)
  expect(inspect.dot(JSON.parse(JSON.stringify(explanation)) as inspect.Explanation)).toBe(inspect.dot(explanation))
  expect(inspect.memoryTimeline(plan).steps).toHaveLength(plan.steps.length)
  expect(inspect.statistics(await tensor([1, 3]).eval()).mean).toBe(2)
})

it.each(['gpu', 'adapter', 'device'])('webgpu refuses {} as its %s', (name) => {
  expect(() => webgpu({ [name]: {} })).toThrow(
    expect.objectContaining({
      name: 'SettingError',
      message: expect.stringMatching(`^webgpu: .* as ${name}`) as string,
    }),
  )
})
