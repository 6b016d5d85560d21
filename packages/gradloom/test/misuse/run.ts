import { writeSync } from 'node:fs'
import { inspect } from 'node:util'
import fc from 'fast-check'
import * as core from '@gradloom/core'
import { topological } from '@gradloom/core/extend'
import { packages, runtime, standard, unchecked } from './right.ts'
import { spoiltArguments, Own } from './wrong.ts'

/** Calls the functions of a package with wrong arguments, and prints each call whose outcome is neither a value nor an
 * error of ours. Before each call it prints its number, so that a call that never ends can be told.
 * First it calls the functions with right arguments, of which the wrong ones are made, and prints those that fail.
 * Arguments: packages, as core,ops; seed; how many calls to each; a number to make only that one. */
const [list, seed, count, only] = process.argv.slice(2)
const codes = new Set(
  Object.values(core).flatMap((value) =>
    typeof value === 'function' && value.prototype instanceof Error
      ? [new (value as new (message: string) => Error & { code: string })('').code]
      : [],
  ),
)
/** Of BLAS calls, and of files that are not there. */
for (const code of ['argument', 'memory', 'ENOENT']) codes.add(code)

/** What a function of the caller throws comes back as it is: where it was thrown is in this folder, or JavaScript refused
 * to call it, as it does for a class. */
function isOfTheCaller(error: unknown): boolean {
  if (error instanceof Own) return true
  if (!(error instanceof Error)) return false
  const [, top = ''] = (error.stack ?? '').slice(String(error).length - 1).split('\n')
  return top.includes('/test/misuse/') || error.message.startsWith('Class constructors cannot be invoked')
}
const isOurs = (error: unknown): boolean =>
  isOfTheCaller(error) || (error instanceof Error && codes.has((error as { code?: string }).code ?? ''))

const isClass = (value: unknown): boolean => typeof value === 'function' && /^class\b/.test(String(value))

/** The tensors in what a call gave. */
function tensorsIn(value: unknown, depth = 0): core.Tensor[] {
  if (value instanceof core.Tensor) return [value]
  if (depth > 2 || typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return []
  if (Array.isArray(value)) return value.flatMap((v) => tensorsIn(v, depth + 1))
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === Object.prototype ? Object.values(value).flatMap((v) => tensorsIn(v, depth + 1)) : []
}
/** Whether computing them takes little. */
const isSmall = (tensors: readonly core.Tensor[]): boolean =>
  topological(tensors)
    .flatMap((node) => node.outputs)
    .every((t) => core.sizeOf(t.shape) < 10_000 && core.sizeOf(t.shape) >= 0)

const line = (value: unknown): void => void writeSync(1, `${JSON.stringify(value)}\n`)
const show = (value: unknown): string => {
  try {
    return inspect(value, { depth: 2, breakLength: Infinity, maxArrayLength: 8, maxStringLength: 80 })
  } catch {
    return typeof value
  }
}

async function tried(name: string): Promise<void> {
  const { functions, right } = packages[name]
  const names = Object.keys(functions).filter(
    (fn) => typeof functions[fn] === 'function' && !isClass(functions[fn]) && !(fn in unchecked),
  )
  const call = (fn: string, args: readonly unknown[]): unknown =>
    (functions[fn] as (...given: readonly unknown[]) => unknown)(...args)

  for (const fn of names) {
    line({ name, right: fn })
    core.setRuntime(runtime)
    try {
      await runtime.evaluate(tensorsIn(await call(fn, right[fn] ?? standard)))
    } catch (error) {
      line({ fault: `${name}.${fn}, as it should be called`, error: String(error) })
    }
  }
  const calls = fc.sample(
    fc.constantFrom(...names).chain((fn) => fc.tuple(fc.constant(fn), spoiltArguments(right[fn] ?? standard))),
    { seed: Number(seed), numRuns: Number(count) },
  )
  for (const [at, [fn, draw]] of calls.entries()) {
    if (only !== undefined && Number(only) !== at) continue
    const args = draw()
    // A call may have set another, or none.
    core.setRuntime(runtime)
    line({ name, at, call: fn })
    try {
      const value = await call(fn, args)
      const tensors = tensorsIn(value)
      if (tensors.length && isSmall(tensors)) await runtime.evaluate(tensors)
      if (value && typeof (value as core.Runtime).close === 'function') await (value as core.Runtime).close()
    } catch (error) {
      if (isOurs(error)) continue
      const stack = error instanceof Error ? (error.stack ?? '').split('\n') : []
      const where = stack.filter((frame) => frame.includes('packages/')).slice(0, 6)
      line({ fault: `${name}.${fn}(${args.map(show).join(', ')})`, error: String(error), at, where })
    }
  }
  line({ name, done: calls.length })
}

for (const name of list.split(',')) await tried(name)
process.exit(0)
