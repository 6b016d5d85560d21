import { inspect } from 'node:util'
import { reference } from '@gradloom/conformance'
import { expect, test } from 'vitest'
import { createRuntime, exp, hostArray, ones, tensor, zeros } from '../src/index.ts'

const rt = createRuntime({ backends: [reference()] })

test('tensors print dtype, shape and, where the host has it, the value', () => {
  const t = tensor([
    [1, -2.5],
    [1 / 3, NaN],
  ])
  expect(String(t)).toBe('Tensor float32 [2, 2] [[1, -2.5], [0.333333, NaN]]')
  expect(inspect(t)).toBe(String(t))
  expect(inspect({ t })).toContain(String(t))
  expect(`${exp(t)}`).toBe('Tensor float32 [2, 2]')
  expect(String(tensor(true))).toBe('Tensor bool [] true')
  expect(String(tensor([1.5, -0.25], { dtype: 'float16' }))).toBe('Tensor float16 [2] [1.5, -0.25]')
  expect(String(tensor([123456789], { dtype: 'int32' }))).toBe('Tensor int32 [1] [123456789]')
})

test.each<[string, (x: never) => unknown]>([
  ['>', (x: number) => x > 0],
  ['+', (x: number) => x + 1],
  ['-', (x: number) => -x],
])('tensors have no operator %s, which would give false or NaN', (_, operate) => {
  const build = (): unknown => operate(tensor([1, 2]) as never)
  const message = expect.stringMatching(/no operators; write add\(x, y\)/) as string
  expect(build).toThrow(expect.objectContaining({ code: 'DTYPE', message }))
})

test('what was read prints, and what is not known has no value', async () => {
  const y = ones([2]).add(1)
  expect(String(y)).toBe('Tensor float32 [2]')
  await rt.evaluate([y])
  expect(String(y)).toBe('Tensor float32 [2] [2, 2]')
  await rt.run((ctx) => {
    expect(String(ctx.placeholder('x', [-1, 3], 'int32'))).toBe('Tensor int32 [-1, 3]')
  })
})

test('host arrays print alike', () => {
  const host = hostArray(new Int32Array([1, 2, 3]), [3])
  expect([String(host), inspect(host)]).toEqual(Array(2).fill('HostArray int32 [3] [1, 2, 3]'))
})

test('long axes show their ends, whatever the rank', () => {
  expect(String(hostArray(Float64Array.from({ length: 200 }, (_, i) => i)))).toMatch(
    /\[0, 1, .*, 49, \.\.\., 150, .*199\]$/,
  )
  const image = hostArray(
    Float64Array.from({ length: 600 }, (_, i) => i),
    [2, 3, 100],
  )
  expect(String(image)).toBe(
    [
      'HostArray float64 [2, 3, 100] ',
      '[[[  0,   1, ...,  98,  99],',
      '  [100, 101, ..., 198, 199],',
      '  [200, 201, ..., 298, 299]],',
      '',
      ' [[300, 301, ..., 398, 399],',
      '  [400, 401, ..., 498, 499],',
      '  [500, 501, ..., 598, 599]]]',
    ].join('\n'),
  )
  const wide = Array<number>(12).fill(3)
  expect(String(hostArray(new Float32Array(3 ** 12), wide)).length).toBeLessThan(1e5)
  expect(String(hostArray(new Float32Array(0), [2, 0]))).toBe('HostArray float32 [2, 0] [[], []]')
  expect(String(hostArray(new Float32Array(0), [2 ** 53 - 1, 0])).length).toBeLessThan(1000)
})

test('JSON has the whole value once it is known', () => {
  const long = Array.from({ length: 100 }, (_, i) => i)
  expect(JSON.parse(JSON.stringify({ t: tensor([long]) }))).toEqual({
    t: { dtype: 'float32', shape: [1, 100], values: [long] },
  })
  expect(JSON.parse(JSON.stringify(zeros([2])))).toEqual({ dtype: 'float32', shape: [2] })
  expect(JSON.parse(JSON.stringify(hostArray(Float32Array.of(1), [])))).toEqual({
    dtype: 'float32',
    shape: [],
    values: 1,
  })
})
