import type { Plugin } from '@gradloom/core'
import { expose } from 'comlink'
import { ownEndpoint } from './endpoint.ts'
import { createExecutor } from './executor.ts'

/** Makes the worker that calls this one that plans run in, with the cpu kernels of plugins.
 * @example
 * // executor.ts
 * serve({ plugins: [acme] })
 * // in the page
 * cpu({ worker: () => new Worker(new URL('./executor.ts', import.meta.url), { type: 'module' }) }) */
export const serve = ({ plugins = [] }: { readonly plugins?: readonly Plugin[] } = {}): void =>
  expose(createExecutor(plugins), ownEndpoint())
