import { readFileSync } from 'node:fs'
import { cpu } from '@gradloom/backend-cpu'
import { expect, test } from 'vitest'
import { explain, memoryTimeline, summary } from '../src/index.ts'
import { mnist } from './mnist.ts'

test('the page shows the texts of the MNIST example as they are', async () => {
  const { runtime, step, batch, scores } = mnist(cpu({ threads: 1 }))
  const plan = await step.plan(batch)
  await runtime.close()
  const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```text\n(.*?)\n```/gs)].map((m) => m[1])
  expect(blocks).toHaveLength(3)
  const [summarized, explained, timeline] = blocks
  expect(summarized).toBe(String(summary(scores)))
  expect(String(explain(plan)).startsWith(explained)).toBe(true)
  expect(String(memoryTimeline(plan)).startsWith(timeline)).toBe(true)
})
