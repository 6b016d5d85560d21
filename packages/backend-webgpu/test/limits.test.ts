import { conformance, samples, type Sample } from '@gradloom/conformance'
import { createRuntime, mean, tensor, type Backend } from '@gradloom/core'
import { describe, expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { HARDWARE_TUNING } from '../src/kernels/tuning.ts'
import { nodeGpu } from '../src/node.ts'
import { compilePlan } from '../src/run/compile.ts'
import { folded } from '../src/run/fold.ts'
import { createLibrary } from '../src/wgsl/library.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 180_000 })

/** What reads many arrays, or long ones; TINY=all takes every sample. */
const OPS = ['sum', 'max', 'argMax', 'cumsum', 'sort', 'matmul', 'take', 'scatterAdd', 'where', 'scan', 'cond', 'atan2']
const isChosen = (s: Sample): boolean => process.env['TINY'] === 'all' || OPS.includes(s.op)
const options = { samples: samples.filter(isChosen) }

describe('with few buffers, small workgroups and few of them', () => {
  const limits = {
    maxStorageBuffersPerShaderStage: 4,
    maxComputeWorkgroupsPerDimension: 3,
    maxComputeInvocationsPerWorkgroup: 4,
    maxComputeWorkgroupStorageSize: 256,
  }
  conformance(() => webgpu({ gpu: nodeGpu, limits }), { describe, it }, options)
})

describe('with arrays that no binding holds', () => {
  const limits = { maxStorageBufferBindingSize: 24_576 }
  conformance(() => webgpu({ gpu: nodeGpu, limits }), { describe, it }, options)
})

it('a kernel that reduces many times in a row keeps to the memory of a workgroup', async () => {
  const limits = {
    maxStorageBuffersPerShaderStage: 8,
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 28,
    maxComputeWorkgroupsPerDimension: 65_535,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupSizeX: 256,
    maxComputeWorkgroupStorageSize: 16_384,
  }
  const memory: number[] = []
  const inner = webgpu({ gpu: nodeGpu })
  const prepare: Backend['prepare'] = (plan, plugins) => {
    const { dispatches } = compilePlan(plan, plugins, limits, createLibrary(false), HARDWARE_TUNING)
    memory.push(...dispatches.flatMap(({ drafts }) => drafts.map((d) => d.memory ?? 0)))
    return inner.prepare(plan, plugins)
  }
  const runtime = createRuntime({ backends: [{ ...inner, prepare }] })
  let y = tensor([Array.from({ length: 1024 }, (_, i) => i % 7)])
  for (let i = 0; i < 10; i++) y = y.sub(mean(y, { axis: 1, keepDims: true }))
  await runtime.evaluate([y])
  expect(Math.max(...memory)).toBeGreaterThan(4096)
  expect(Math.max(...memory)).toBeLessThanOrEqual(16_384)
  await runtime.close()
})

describe('workgroups', () => {
  it('are folded into dimensions that hold them', () => {
    for (const most of [1, 3, 7, 65_535])
      for (const count of [1, 2, 3, 9, 10, 26, 27, 65_535, 65_536, 10_000_019].filter((n) => n <= most ** 3)) {
        const [x, y, z] = folded(count, most)
        expect(Math.max(x, y, z)).toBeLessThanOrEqual(most)
        expect(x * y * z).toBeGreaterThanOrEqual(count)
      }
  })
})
