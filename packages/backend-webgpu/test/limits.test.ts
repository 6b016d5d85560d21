import { conformance, samples, type Sample } from '@gradloom/conformance'
import { describe, expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'
import { folded } from '../src/run/fold.ts'

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
