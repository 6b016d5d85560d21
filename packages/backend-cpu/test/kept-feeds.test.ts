import { createRuntime, matmul } from '@gradloom/core'
import { reference } from '@gradloom/conformance'
import { expect, test } from 'vitest'
import { cpu } from '../src/index.ts'

test.each(['inline', 'worker'] as const)('kept tensors are fed to the next call, %s', async (placement) => {
  const rt = createRuntime({ backends: [cpu({ placement, threads: 1 })] })
  const step = rt.variables().compile((ctx) => {
    const x = ctx.placeholder('x', [-1, 2])
    return {
      x: matmul(x, [
        [0, 2],
        [1, 0],
      ]),
      bools: x.mul(0).add(1).cast('bool'),
    }
  })
  const flags = rt.variables().compile((ctx) => ({ n: ctx.placeholder('flags', [-1, 2], 'bool').cast('int32') }))
  let { x, bools } = await step(
    {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    { keep: true },
  )
  expect((await flags({ flags: bools })).n.array()).toEqual([
    [1, 1],
    [1, 1],
  ])
  for (let i = 0; i < 3; i++) {
    const next = await step({ x }, { keep: true })
    x.dispose()
    bools.dispose()
    ;({ x, bools } = next)
  }
  expect(await x.array()).toEqual([
    [4, 8],
    [12, 16],
  ])
  expect((await step({ x })).x.array()).toEqual([
    [8, 8],
    [16, 24],
  ])
  x.dispose()
  bools.dispose()
  expect(rt.memory()[0].buffers).toBe(0)
  await rt.close()
})

test.each(['inline', 'worker'] as const)(
  'kept tensors serve the calls before they are disposed, %s',
  async (placement) => {
    const rt = createRuntime({ backends: [cpu({ placement, threads: 1 })] })
    const step = rt.variables().compile((ctx) => ({ y: ctx.placeholder('x', [-1]).mul(2) }))
    const { y } = await step({ x: [1, 2] }, { keep: true })
    const sum = y.sum().item()
    const next = step({ x: y })
    y.dispose()
    expect(await sum).toBe(6)
    expect((await next).y.array()).toEqual([4, 8])
    expect(rt.memory()[0].buffers).toBe(0)
    await rt.close()
  },
)

test('a value kept by one backend is fed to another of the runtime', async () => {
  const inner = reference()
  const narrow = { ...inner, name: 'narrow', capabilities: { ...inner.capabilities, dtypes: ['float32' as const] } }
  const rt = createRuntime({ backends: [narrow, cpu({ placement: 'inline', threads: 1 })] })
  const env = rt.variables()
  const { y } = await env.compile((ctx) => ({ y: ctx.placeholder('x', [2]).mul(2) }))({ x: [1, 2] }, { keep: true })
  const wide = env.compile((ctx) => {
    const x = ctx.placeholder('x', [2])
    return { y: x.cast('float64').add(ctx.placeholder('d', [], 'float64')) }
  })
  expect((await wide({ x: y, d: 1 })).y.array()).toEqual([3, 5])
  y.dispose()
  await rt.close()
})
