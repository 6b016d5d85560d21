import { describe, expect, it } from 'vitest'
import { conformance } from '@gradloom/conformance'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'

const report = conformance(() => webgpu({ gpu: nodeGpu }), { describe, it })

it('leaves out what WebGPU has not, and nothing else', () => {
  expect([...new Set(report.excluded.map((x) => x.reason))]).toEqual([
    'capabilities.dtypes has no float64',
    'capabilities.dtypes has no float16',
  ])
})
