import { threadsOf } from '../device/limits.ts'
import { unravel } from '../loop/emit.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Shader } from '../wgsl/shader.ts'
import type { KernelContext } from './context.ts'

/** Invocations of a workgroup. */
const THREADS = 64

/** A shader that does `body` for each index of `sizes`, whose parts are `names`, independently. Nothing where there is
 * none. */
export function forEachIndex(
  context: KernelContext,
  shader: Shader,
  label: string,
  sizes: readonly number[],
  names: readonly string[],
  body: string,
  declarations = '',
): Dispatch[] {
  const count = sizes.reduce((a, b) => a * b, 1)
  if (count === 0) return []
  const threads = threadsOf(context.limits, THREADS)
  const text = `if (thread >= ${count}u) { return; }\n${unravel('thread', sizes, (d) => names[d])}\n${body}`
  return [shader.finish({ label, body: text, declarations, threads, workgroups: Math.ceil(count / threads) })]
}
