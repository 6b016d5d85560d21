/** What programs may import, and where the types of each lie among those that `build/types.mjs` makes. */
export const OFFERED: Record<string, string[]> = {
  gradloom: ['/packages/gradloom/src/index.d.ts'],
  '@gradloom/core': ['/packages/core/src/index.d.ts'],
  '@gradloom/core/extend': ['/packages/core/src/extend.d.ts'],
  '@gradloom/ops': ['/packages/ops/src/index.d.ts'],
  '@gradloom/nn': ['/packages/nn/src/index.d.ts'],
  '@gradloom/optim': ['/packages/optim/src/index.d.ts'],
  '@gradloom/linalg': ['/packages/linalg/src/index.d.ts'],
  '@gradloom/io': ['/packages/io/src/index.d.ts'],
  '@gradloom/backend-cpu': ['/packages/backend-cpu/src/index.d.ts'],
  '@gradloom/backend-webgpu': ['/packages/backend-webgpu/src/index.d.ts'],
  '@gradloom/checkpoint': ['/packages/checkpoint/src/index.d.ts'],
  '@gradloom/inspect': ['/packages/inspect/src/index.d.ts'],
  'playground/digits': ['/playground/digits.d.ts'],
}
