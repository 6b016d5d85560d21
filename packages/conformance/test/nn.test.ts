import { cpu } from '@gradloom/backend-cpu'
import { createRuntime } from '@gradloom/core'
import { afterAll, describe, expect, it } from 'vitest'
import { checkSample, conformance, findGaps, reference } from '../src/index.ts'
import { nnSamples } from './nn.samples.ts'

const oracle = createRuntime({ backends: [reference()] })
afterAll(() => oracle.close())

describe('the rules of nn', () => {
  it.each(nnSamples)('$op: $name', async (s) => {
    expect(await checkSample(s, oracle)).toEqual([])
  })

  it('lead only to ops that are described, have a kernel, or decompose', () => {
    expect(findGaps(nnSamples, reference().capabilities.kernels).gaps).toEqual([])
  })
})

conformance(() => cpu(), { describe, it }, { samples: nnSamples })
