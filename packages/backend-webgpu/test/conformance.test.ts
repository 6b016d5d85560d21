import { describe, expect, it, vi } from 'vitest'
import { conformance } from '@gradloom/conformance'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 600_000 })

const report = conformance(() => webgpu({ gpu: nodeGpu }), { describe, it })

it('leaves out what WebGPU has not, and nothing else', () => {
  expect([...new Set(report.excluded.map((x) => x.reason))]).toEqual(['capabilities.dtypes has no float64'])
})
