import { describe, expect, it } from 'vitest'
import { conformance, samples } from '@gradloom/conformance'
import { cpu } from '../src/index.ts'

const report = conformance(() => cpu(), { describe, it })

it('leaves no sample and no op out', () => {
  expect(report.excluded).toEqual([])
  expect(report.ops.get('float32')?.size).toBe(new Set(samples.map((s) => s.op)).size)
})
