// Who may import whom. scripts/check-imports.mjs enforces these tables.

/**
 * What the sources of each package may import, besides their own files.
 * `node:` stands for Node's modules, for packages that run in pages too and load them only in Node.
 * @type {Record<string, readonly string[]>}
 */
export const arrows = {
  core: [],
  ops: ['@gradloom/core'],
  'blas-wasm': ['node:'],
  'backend-cpu': ['@gradloom/core', '@gradloom/blas-wasm', 'comlink', 'node:'],
  'backend-webgpu': ['@gradloom/core', 'webgpu'],
  nn: ['@gradloom/core', '@gradloom/ops'],
  linalg: ['@gradloom/core', '@gradloom/ops'],
  optim: ['@gradloom/core', '@gradloom/ops'],
  checkpoint: ['@gradloom/core', '@gradloom/inspect'],
  io: ['@gradloom/core', 'node:'],
  inspect: ['@gradloom/core'],
  gradloom: [
    '@gradloom/backend-cpu',
    '@gradloom/backend-webgpu',
    '@gradloom/core',
    '@gradloom/inspect',
    '@gradloom/io',
    '@gradloom/linalg',
    '@gradloom/nn',
    '@gradloom/ops',
    '@gradloom/checkpoint',
    '@gradloom/optim',
  ],
  conformance: ['@gradloom/core', '@gradloom/ops', 'acorn'],
}

/** Programs inside a package: they run the packages by their public names, so any of those may be imported. */
export const programs = ['packages/conformance/src/cli/']

/**
 * The rooms of core/src, bottom to top: a file imports only from its own room or one below.
 * A room's name is a file `name.ts` or a folder `name/`.
 */
export const rooms = [
  ['errors', 'settings', 'rules', 'dtype', 'shape', 'scalar', 'print', 'host', 'map', 'philox', 'guarded'],
  ['plan'],
  ['graph'],
  ['ops', 'composites'],
  ['functions'],
  ['compile'],
  ['runtime'],
  ['index', 'extend'],
]

/** Chained methods call the functions above them, at call time. */
export const upward = { from: 'graph', to: ['ops', 'composites', 'functions'] }
