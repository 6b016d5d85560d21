import { defineConfig } from 'vitest/config'

// Tests run against the sources of every workspace package: no build is needed.
const conditions = ['@gradloom/source', 'module', 'node', 'development|production']

// WebGPU in Node runs on SwiftShader, which Chromium brings. Threads of tests see the environment of this one alone.
process.env['VK_ICD_FILENAMES'] ??= '/usr/lib/chromium/vk_swiftshader_icd.json'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{packages,apps,examples,benchmarks,integrations,scripts}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Every plan that a test compiles is verified.
    setupFiles: ['./scripts/test/verify-plans.ts'],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 30_000,
  },
})
