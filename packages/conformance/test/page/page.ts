import { webgpu } from '@gradloom/backend-webgpu'
import { conformance, type TestRunner } from '../../src/index.ts'
import { nnSamples } from '../nn.samples.ts'

// The kit's tests by name, for the program outside the page that runs them.
const bodies = new Map<string, () => Promise<void>>()
const runner = (of: string): TestRunner => ({
  describe: (_, body) => body(),
  it: (name, body) => void bodies.set(`${of}: ${name}`, body),
})
conformance(() => webgpu(), runner('core'))
conformance(() => webgpu(), runner('nn'), { samples: nnSamples })

Object.assign(globalThis, { testNames: [...bodies.keys()], runTest: (name: string) => bodies.get(name)!() })
