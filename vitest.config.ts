import { defineConfig } from 'vitest/config'

// Tests run against the sources of every workspace package: no build is needed.
const conditions = ['@gradloom/source', 'module', 'node', 'development|production']

// WebGPU in Node runs on SwiftShader, which Chromium brings.
process.env['VK_ICD_FILENAMES'] ??= '/usr/lib/chromium/vk_swiftshader_icd.json'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{packages,apps,examples,benchmarks,integrations,scripts}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Threads share what V8 knows of its code: where many make and drop WebAssembly it may lose a page of that, and end
    // the process by `Check failed: jit_page.has_value()` (https://github.com/nodejs/node/issues/64500). And a driver
    // that goes down takes no more than its own file along.
    pool: 'forks',
    maxWorkers: 2,
    // Every plan that a test compiles is verified.
    setupFiles: ['./scripts/test/verify-plans.ts'],
    testTimeout: 30_000,
  },
})
