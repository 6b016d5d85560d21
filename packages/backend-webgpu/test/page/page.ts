import { conformance } from '@gradloom/conformance'
import { webgpu } from '../../src/index.ts'

// The kit's tests by name, for the test outside the page that runs them one by one.
const bodies = new Map<string, () => Promise<void>>()
const runner = {
  describe: (_: string, body: () => void): void => body(),
  it: (name: string, body: () => Promise<void>): void => void bodies.set(name, body),
}
conformance(() => webgpu(), runner)

Object.assign(globalThis, { runTest: (name: string): Promise<void> => bodies.get(name)!() })
