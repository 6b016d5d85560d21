// Who may import whom. scripts/check-imports.mjs enforces these tables.

/**
 * What the sources of each package may import, besides their own files.
 * `node:` stands for Node's modules, for packages that run in pages too and load them only in Node.
 * @type {Record<string, readonly string[]>}
 */
export const arrows = {
  core: [],
  'blas-wasm': ['node:'],
  'backend-cpu': ['@gradloom/core', '@gradloom/blas-wasm', 'comlink', 'node:'],
  'backend-webgpu': ['@gradloom/core'],
  nn: ['@gradloom/core'],
  linalg: ['@gradloom/core'],
  optim: ['@gradloom/core'],
  checkpoint: ['@gradloom/core'],
  io: ['@gradloom/core', 'node:'],
  conformance: ['@gradloom/core', 'acorn'],
}

/** Programs inside a package: they run the packages by their public names, so any of those may be imported. */
export const programs = ['packages/conformance/src/cli/']

/**
 * The rooms of core/src, bottom to top: a file imports only from its own room or one below.
 * A room's name is a file `name.ts` or a folder `name/`.
 */
export const rooms = [
  ['errors', 'dtype', 'shape', 'scalar', 'host', 'map', 'held'],
  ['op', 'meta', 'tensor', 'registry', 'scope', 'ambient', 'fingerprint', 'rewrite'],
  ['ops', 'composites', 'update'],
  ['autodiff'],
  ['control'],
  ['compile'],
  ['backend'],
  ['runtime'],
  ['index'],
]

/** Chained methods call the functions above them, at call time. */
export const upward = { from: 'tensor', to: ['ops', 'composites', 'autodiff'] }

/** Files of core/src that describe plans and backends and hold types alone: any room may import them. */
export const typesOnly = ['backend.ts', 'compile/plan.ts']
