import * as core from '@gradloom/core'
import * as extend from '@gradloom/core/extend'
import { transform } from 'sucrase'
import { failureOf } from '../../session/failure.ts'
import { frameOf, messageLine, PROGRAM } from './place.ts'
import type { ProgramFailure } from './protocol.ts'

export type Packages = Readonly<Record<string, () => Promise<object>>>
/** What programs may import: as in `OFFERED`. */
export const packages: Packages = {
  gradloom: () => import('gradloom'),
  '@gradloom/core': async () => core,
  '@gradloom/core/extend': async () => extend,
  '@gradloom/ops': () => import('@gradloom/ops'),
  '@gradloom/nn': () => import('@gradloom/nn'),
  '@gradloom/optim': () => import('@gradloom/optim'),
  '@gradloom/linalg': () => import('@gradloom/linalg'),
  '@gradloom/io': () => import('@gradloom/io'),
  '@gradloom/backend-cpu': () => import('@gradloom/backend-cpu'),
  '@gradloom/backend-webgpu': () => import('@gradloom/backend-webgpu'),
  '@gradloom/checkpoint': () => import('@gradloom/checkpoint'),
  '@gradloom/inspect': () => import('@gradloom/inspect'),
  'playground/digits': () => import('./digits.ts'),
}

type Body = (require: (name: string) => object, exports: object) => Promise<void>
const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => Body
const named = (code: string): Body => new AsyncFunction('require', 'exports', `${code}\n//# sourceURL=${PROGRAM}`)

/** Lines that the engine puts before a function's own first one: not all put the same. */
async function offset(): Promise<number> {
  try {
    await named('throw new Error()')(() => ({}), {})
  } catch (error) {
    return (frameOf((error as Error).stack ?? '') ?? 1) - 1
  }
  return 0
}

async function required(code: string, offered: Packages): Promise<(name: string) => object> {
  const names = [...code.matchAll(/\brequire\('([^']+)'\)/g)].map(([, name]) => name)
  const loaded = new Map<string, object>()
  for (const name of new Set(names)) {
    if (Object.hasOwn(offered, name)) loaded.set(name, exportsOf(name, await offered[name]()))
  }
  return (name) => {
    const found = loaded.get(name)
    if (!found) throw new TypeError(`'${name}' is not offered here; there are ${Object.keys(offered).join(', ')}`)
    return found
  }
}

/** A package that says what it does not export; of marks between bundlers it has none. */
const exportsOf = (name: string, found: object): object =>
  new Proxy(found, {
    get(target, key) {
      if (typeof key === 'string' && key !== '__esModule' && !(key in target))
        throw new TypeError(`'${name}' exports no ${key}`)
      return Reflect.get(target, key) as unknown
    },
  })

/** Reads a program of TypeScript and runs it, top-level await included; gives what it exports. `onRead` is called
 * before its first line runs. */
export async function execute(
  text: string,
  { offered = packages, onRead }: { readonly offered?: Packages; readonly onRead?: () => void } = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { code } = transform(text, {
    transforms: ['typescript', 'imports'],
    preserveDynamicImport: true,
    filePath: PROGRAM,
  })
  const body = named(code)
  const require = await required(code, offered)
  const exported: Record<string, unknown> = {}
  onRead?.()
  await body(require, exported)
  return exported
}

/** What a program threw, with its line. */
export async function programFailure(error: unknown): Promise<ProgramFailure> {
  const failure = failureOf(error)
  const frame = frameOf(failure.stack)
  return { ...failure, line: frame === null ? messageLine(failure.message) : frame - (await offset()) }
}
