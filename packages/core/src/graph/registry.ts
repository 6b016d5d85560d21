import { NameError } from '../errors.ts'
import { getOrInsert } from '../map.ts'
import { demandList } from '../settings.ts'
import type { Op } from './op.ts'

/** A package of ops, with kernels by backend name and op name. */
export interface Plugin {
  readonly name: string
  readonly ops: readonly Op<never>[]
  readonly kernels?: { readonly [backend: string]: { readonly [op: string]: unknown } }
}

/** Resolves op names where a graph or plan crosses a boundary, and lists what is there. */
export interface Registry {
  readonly ops: ReadonlyMap<string, Op<never>>
  /** @throws NameError for an unknown name */
  op(name: string): Op<never>
  /** Kernels that plugins bring for a backend, by op name. */
  kernels(backend: string): ReadonlyMap<string, unknown>
}

/** Plugins may share an op, with the same kernels.
 * @throws NameError where two ops, or two kernels for a backend, have one name, or a kernel names no op of its plugin
 * @example createRegistry([{ name: 'acme', ops: [softcap], kernels: { cpu: { 'acme/softcap': kernel } } }]) */
export function createRegistry(plugins: readonly Plugin[] = []): Registry {
  const ops = new Map<string, Op<never>>()
  const kernels = new Map<string, Map<string, unknown>>()
  demandList('registry', plugins)
  for (const plugin of plugins) {
    demandList('registry: ops of a plugin', plugin?.ops)
    for (const op of plugin.ops) {
      if ((ops.get(op.name) ?? op) !== op)
        throw new NameError(`registry: op ${op.name} of plugin ${plugin.name} is registered already; prefix its name`)
      ops.set(op.name, op)
    }
    for (const [backend, byOp] of Object.entries(plugin.kernels ?? {})) {
      const known = getOrInsert(kernels, backend, () => new Map<string, unknown>())
      for (const [name, kernel] of Object.entries(byOp)) {
        if (!plugin.ops.some((op) => op.name === name))
          throw new NameError(`registry: kernel ${name} of plugin ${plugin.name} belongs to none of its ops`)
        if ((known.get(name) ?? kernel) !== kernel)
          throw new NameError(
            `registry: kernel ${name} of plugin ${plugin.name} is not the one registered already; pass one`,
          )
        known.set(name, kernel)
      }
    }
  }
  return Object.freeze({
    ops,
    op: (name: string) => {
      const op = ops.get(name)
      if (!op) throw new NameError(`registry: unknown op ${name}; pass the plugin that defines it`)
      return op
    },
    kernels: (backend: string) => kernels.get(backend) ?? new Map<string, unknown>(),
  })
}
