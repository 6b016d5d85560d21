import { defineConfig } from 'vitest/config'

// Tests run against the sources of every workspace package: no build is needed.
const conditions = ['@gradloom/source', 'module', 'node', 'development|production']

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
