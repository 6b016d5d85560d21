import { defineConfig } from 'vitest/config'

// Tests run against the sources of every workspace package: no build is needed.
const conditions = ['@gradloom/source', 'module', 'node', 'development|production']

// WebGPU in Node runs on SwiftShader, which Chromium brings. Threads of tests see the environment of this one alone.
process.env['VK_ICD_FILENAMES'] ??= '/usr/lib/chromium/vk_swiftshader_icd.json'

// A driver that goes down with a thread takes the process along, and so, once in many runs, did a worker that was ended
// in the middle of a kernel: what opens devices in Node, or kills workers, has processes of its own.
const apart = [
  'packages/backend-webgpu/test/**/*.test.ts',
  'packages/conformance/test/**/webgpu.test.ts',
  'packages/backend-cpu/test/{worker-recovery,helper-death}.test.ts',
]
const shared = {
  // Every plan that a test compiles is verified.
  setupFiles: ['./scripts/test/verify-plans.ts'],
  testTimeout: 30_000,
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'all',
          include: ['{packages,apps,examples,benchmarks,integrations,scripts}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', ...apart],
          pool: 'threads',
        },
      },
      { extends: true, test: { ...shared, name: 'apart', include: apart, pool: 'forks' } },
    ],
  },
})
