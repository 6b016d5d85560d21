/* oxlint-disable vitest/valid-expect -- vitest takes a message */
/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import { cpu } from '@gradloom/backend-cpu'
import { webgpu } from '@gradloom/backend-webgpu'
import { nodeGpu } from '@gradloom/backend-webgpu/node'
import { createRuntime, grad, hostArray, sizeOf, tensor, type HostArray, type Runtime } from '@gradloom/core'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { difference, toleranceOf } from '../../src/compare.ts'
import { build } from './program.ts'
import { seed } from './settings.ts'

/** Each is compiled in software: WEBGPU_PROGRAMS=2000 takes as many as there are elsewhere. */
const programs = Number(process.env['WEBGPU_PROGRAMS'] ?? 40)

const exact = createRuntime({ backends: [cpu()] })
const tested = createRuntime({ backends: [webgpu({ gpu: nodeGpu })] })
// What many programs have compiled takes the device a while to let go of.
afterAll(async () => {
  await exact.close()
  await tested.close()
}, 120_000)

const shape = fc
  .array(fc.constantFrom(1, 2, 3, 4, 5, 67), { minLength: 1, maxLength: 3 })
  .filter((s) => sizeOf(s) <= 400)
const program = fc.record({
  shapes: fc.tuple(shape, shape),
  numbers: fc.array(fc.nat(999_999), { minLength: 30, maxLength: 90, size: 'max' }),
  steps: fc.integer({ min: 2, max: 10 }),
})
type Program = typeof program extends fc.Arbitrary<infer T> ? T : never

async function run(
  { shapes, numbers, steps }: Program,
  rt: Runtime,
  dtype: 'float32' | 'float64',
): Promise<HostArray[]> {
  const inputs = shapes.map((s, k) => {
    const data = Array.from({ length: sizeOf(s) }, (_, i) => Math.fround(1.4 * Math.sin(1.7 * i + k + 0.3)))
    return tensor(hostArray(dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data), s))
  })
  const { results } = build(inputs, numbers, steps)
  const gradients = grad([results.at(-1)!], inputs, { allowUnused: true })
  return (await rt.evaluate([...results, ...gradients])) as HostArray[]
}

describe(`random programs on WebGPU (seed ${seed})`, () => {
  it(
    'are those of the CPU in float64 within the tolerance of float32, gradients too, and have the same bits again',
    async () => {
      await fc.assert(
        fc.asyncProperty(program, async (p) => {
          const want = await run(p, exact, 'float64')
          const got = await run(p, tested, 'float32')
          const { text } = build(
            p.shapes.map((s) => tensor(hostArray(new Float32Array(sizeOf(s)), s))),
            p.numbers,
            p.steps,
          )
          const wrong = got.map((g, i) => difference(g, want[i], toleranceOf('float32', { order: 2 })))
          expect(
            wrong.filter((w) => w !== null),
            text,
          ).toEqual([])
          const again = await run(p, tested, 'float32')
          expect(
            again.map((h) => [...h.data]),
            text,
          ).toEqual(got.map((h) => [...h.data]))
        }),
        { seed, numRuns: programs, endOnFailure: true },
      )
    },
    120_000 + 5000 * programs,
  )
})
