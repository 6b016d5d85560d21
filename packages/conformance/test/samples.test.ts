import { createRuntime } from '@gradloom/core'
import { afterAll, describe, expect, it } from 'vitest'
import { reference } from '../src/index.ts'
import { samples } from '../src/samples/index.ts'
import { checkSample } from '../src/suite/check.ts'

const oracle = createRuntime({ backends: [reference()] })
afterAll(() => oracle.close())

describe('the rules of core', () => {
  for (const op of new Set(samples.map((s) => s.op))) {
    it(`${op}: stated values, and gradients against differences`, async () => {
      const wrong: string[] = []
      for (const s of samples) if (s.op === op) wrong.push(...(await checkSample(s, oracle)))
      expect(wrong).toEqual([])
    })
  }
})
