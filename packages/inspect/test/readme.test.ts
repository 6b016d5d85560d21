import { readFileSync } from 'node:fs'
import { cpu } from '@gradloom/backend-cpu'
import { expect, test } from 'vitest'
import { explain, memoryTimeline, summary } from '../src/index.ts'
import { mnist } from './mnist.ts'

test('the pages show the texts of the MNIST example as they are', async () => {
  const { runtime, step, batch, scores } = mnist(cpu({ threads: 1 }))
  const plan = await step.plan(batch)
  await runtime.close()
  const [summarized, explained, timeline] = textsOf('../README.md')
  expect(summarized).toBe(String(summary(scores)))
  expect(String(explain(plan)).startsWith(explained)).toBe(true)
  expect(String(memoryTimeline(plan)).startsWith(timeline)).toBe(true)
  const [first, second] = textsOf('../../../README.md')
  expect(first).toBe(summarized)
  expect(explained.startsWith(second)).toBe(true)
})

/** The blocks of plain text of a page. */
function textsOf(page: string): string[] {
  const text = readFileSync(new URL(page, import.meta.url), 'utf8')
  return [...text.matchAll(/```text\n(.*?)\n```/gs)].map((m) => m[1])
}
