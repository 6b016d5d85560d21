import { webgpu } from '@gradloom/backend-webgpu'
import { nodeGpu } from '@gradloom/backend-webgpu/node'
import { describe, it, vi } from 'vitest'
import { conformance } from '../src/index.ts'
import { nnSamples } from './nn.samples.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 180_000 })

conformance(() => webgpu({ gpu: nodeGpu }), { describe, it }, { samples: nnSamples })
