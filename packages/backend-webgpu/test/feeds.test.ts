import { createRuntime, square, sum } from '@gradloom/core'
import { expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'

vi.setConfig({ testTimeout: 240_000 })

it('feeds of many shapes share memory, and each run has its own', async () => {
  const runtime = createRuntime({ backends: [webgpu({ gpu: nodeGpu })] })
  const step = runtime.variables().compile((ctx) => ({ y: sum(square(ctx.placeholder('x', [-1]))) }))
  const ones = new Float32Array(110_000).fill(1)
  const sizes = Array.from({ length: 24 }, (_, i) => 100_000 + 400 * i)
  const reserved = (): number => runtime.memory()[0].reserved
  await step({ x: ones.subarray(0, sizes[0]) })
  const first = reserved()
  for (const size of sizes) expect((await step({ x: ones.subarray(0, size) })).y.item()).toBe(size)
  const together = await Promise.all([...sizes, ...sizes.toReversed()].map((n) => step({ x: ones.subarray(0, n) })))
  expect(together.map(({ y }) => y.item())).toEqual([...sizes, ...sizes.toReversed()])
  expect(reserved()).toBeLessThan(4 * first)
  await runtime.close()
})
