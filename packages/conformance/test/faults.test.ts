import { createRuntime } from '@gradloom/core'
import { afterAll, describe, expect, it } from 'vitest'
import { reference, samples } from '../src/index.ts'
import { checkSample, checkStated, compareSample } from '../src/suite/check.ts'
import { contract } from '../src/suite/contract.ts'
import { evaluateSample } from '../src/suite/evaluate.ts'
import { backendFaults } from './faults/backends.ts'
import { opFaults } from './faults/ops.ts'
import { plant } from './faults/plant.ts'
import { kernels } from '../src/reference/kernels/index.ts'

const oracle = createRuntime({ backends: [reference()] })
afterAll(() => oracle.close())

describe('the kit finds a planted mistake', () => {
  it.each(opFaults)('$op: $name', async (fault) => {
    const wrong: string[] = []
    for (const s of samples.filter(({ op }) => op === fault.sampled)) {
      if (wrong.length) break
      const planted = plant(s, fault)
      wrong.push(...(await checkSample(planted, oracle)), ...(await checkStated(planted, oracle, 'float32')))
    }
    expect(wrong).not.toEqual([])
  })

  it.each(backendFaults)('backend: $name', async ({ sampled, create }) => {
    const runtime = createRuntime({ backends: [create()] })
    const wrong: string[] = []
    for (const s of samples.filter(({ op }) => sampled.includes(op)))
      wrong.push(...(await compareSample(s, runtime, evaluateSample(s, oracle, 'float64'), 'float64')))
    await runtime.close()
    expect(wrong).not.toEqual([])
  })

  it('backend: an index out of range that is clamped', async () => {
    const clamping = (): ReturnType<typeof reference> => {
      const right = reference()
      const take = kernels.get('take')!
      const bad: typeof take = (attrs, [x, indices], out) =>
        take(
          attrs,
          [x, { ...indices, data: indices.data.map((v: number) => Math.min(x.shape[0] - 1, Math.max(-1, v))) }],
          out,
        )
      return {
        ...right,
        prepareSync: (plan) => right.prepareSync!(plan, new Map([['take', bad]])),
        prepare: (plan) => right.prepare(plan, new Map([['take', bad]])),
      }
    }
    await expect(
      contract['an index out of range names op, value and position, and leaves variables alone'](clamping),
    ).rejects.toThrow('IndexError')
  })

  it('a planted op that is right is not found', async () => {
    const same = { name: '', sampled: 'exp', op: 'exp', change: () => ({}) }
    for (const s of samples.filter(({ op }) => op === 'exp'))
      expect(await checkSample(plant(s, same), oracle)).toEqual([])
  })
})
