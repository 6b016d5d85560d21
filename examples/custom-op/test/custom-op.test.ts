import { cpu } from '@gradloom/backend-cpu'
import { webgpu } from '@gradloom/backend-webgpu'
import { nodeGpu } from '@gradloom/backend-webgpu/node'
import { checkSample, reference, sample, signed } from '@gradloom/conformance'
import { createRuntime, sum, tensor, type Tensor } from '@gradloom/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { leakySum, leakySumOp } from '../src/leakySum.ts'
import { acme } from '../src/plugin.ts'
import { softcap } from '../src/softcap.ts'

const onCpu = createRuntime({ backends: [cpu()], plugins: [acme] })
const onGpu = createRuntime({ backends: [webgpu({ gpu: nodeGpu })], plugins: [acme] })
const oracle = createRuntime({ backends: [reference()] })
beforeAll(() => onCpu.ready())
afterAll(() => Promise.all([onCpu.close(), onGpu.close(), oracle.close()]))

const samples = [
  sample('acme/softcap', 'equal shapes', [signed([2, 3]), signed([2, 3], 1)], softcap),
  sample('acme/softcap', 'broadcasts both ways', [signed([2, 1, 3]), signed([2, 1], 1)], softcap),
  sample('acme/softcap', 'a number for the cap', [signed([4])], (x) => softcap(x, 0.7)),
  sample('acme/leakySum', 'rows', [signed([2, 3, 5])], (x) => leakySum(x, { decay: 0.8 })),
  sample('acme/leakySum', 'a negative decay, no decay', [signed([6])], (x) => [
    leakySum(x, { decay: -1.2 }),
    leakySum(x, { decay: 0 }),
  ]),
  sample('acme/leakySum', 'no element, one element', [signed([2, 0]), signed([2, 1])], (x, y) => [
    leakySum(x, { decay: 0.5 }),
    leakySum(y, { decay: 0.5 }),
  ]),
]

describe.each(samples.map((s) => [`${s.op}: ${s.name}`, s] as const))('%s', (_, s) => {
  it('has gradients that agree with differences, to second order, by kernel and by decomposition', async () => {
    expect(await checkSample(s, onCpu)).toEqual([])
    expect(await checkSample(s, oracle)).toEqual([])
  })
  it.each([
    ['cpu', 'float64', onCpu],
    ['cpu', 'float32', onCpu],
    ['webgpu', 'float32', onGpu],
  ] as const)('is on %s what its decomposition is on the reference, in %s', async (_, dtype, runtime) => {
    const outputs = (): Tensor[] =>
      [s.fn(...s.inputs.map(({ data, shape }) => tensor([...data], { dtype }).reshape(shape)))].flat() as Tensor[]
    const [ours, theirs] = [await runtime.evaluate(outputs()), await oracle.evaluate(outputs())]
    const close = dtype === 'float64' ? 1e-13 : 5e-6
    ours.forEach(({ data }, k) =>
      data.forEach((v: number, i: number) => expect(Math.abs(v - theirs[k].data[i])).toBeLessThan(close)),
    )
  })
})

describe('acme/leakySum', () => {
  it('follows its recurrence', async () => {
    const [y] = await onCpu.evaluate([
      leakySum(
        [
          [1, 0, 0],
          [1, 2, 4],
        ],
        { decay: 0.5 },
      ),
    ])
    expect(y.array()).toEqual([
      [1, 0.5, 0.25],
      [1, 2.5, 5.25],
    ])
  })
  it.each([
    ['cpu', onCpu],
    ['webgpu', onGpu],
  ] as const)('runs by its kernel on %s', async (_, runtime) => {
    const env = runtime.variables()
    const step = env.compile((ctx) => ({ y: sum(leakySum(ctx.placeholder('x', [-1, 4]), { decay: 0.5 })) }))
    expect(
      (await step.plan({ x: [[1, 2, 3, 4]] })).steps.filter((s) => s.type === 'kernel').map((s) => s.name),
    ).toEqual([leakySumOp.name])
  })
  it('says what it needs', () => {
    expect(() => leakySum(2, { decay: 0.5 })).toThrowError(expect.objectContaining({ code: 'SHAPE' }))
    expect(leakySum(tensor([1, 2], { dtype: 'int32' }), { decay: 0.5 }).dtype).toBe('float32')
  })
})

it('fits the sensor', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(line)
  })
  await import('../src/main.ts')
  vi.restoreAllMocks()
  expect(lines[0]).toBe('gradients: right to second order')
  expect(Number(/difference (\S+)/.exec(lines[1])![1])).toBeLessThan(1e-12)
  expect(lines.at(-1)).toMatch(/^weights 0\.700 -0\.400 0\.200, cap 1\.500;/)
})
