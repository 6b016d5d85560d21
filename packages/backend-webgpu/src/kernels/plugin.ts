import { KernelError, type DType, type Places } from '@gradloom/core'
import { isCount, shown } from '@gradloom/core/extend'
import { threadsOf, type KernelLimits } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import { typeOf } from '../wgsl/numbers.ts'
import type { Call, KernelContext, NamedKernel } from './context.ts'

/** An argument of a plugin's kernel: contiguous, row-major. */
export interface WebgpuArray {
  readonly shape: readonly number[]
  readonly dtype: DType
}

export interface WebgpuKernelCall<A = unknown> {
  readonly inputs: Places<WebgpuArray>
  /** Hold anything when the first shader begins, and overlap no input. */
  readonly outputs: Places<WebgpuArray>
  readonly attrs: A
  /** What workgroups may have on the device. */
  readonly limits: KernelLimits
}

/**
 * A shader of a plugin's kernel. `code` is WGSL with a function `kernel`, and whatever that needs.
 *
 * - With `invocations`, `fn kernel(i: i32)` is called for each i from 0 to invocations - 1.
 * - With `workgroups`, `fn kernel(group: i32, lane: i32)` is called by `workgroupSize` invocations of each, which may
 *   share `var<workgroup>` and wait at barriers.
 *
 * Arguments are read by `input0(i)` and written by `setOutput0(i, value)`, i: i32 being the position of an element;
 * `output0(i)` reads what a shader before has written. Elements are f32, i32, u32 and bool; float16 comes as f32.
 */
export type WebgpuShader = { readonly code: string } & (
  | { readonly invocations: number; readonly workgroups?: undefined; readonly workgroupSize?: undefined }
  | { readonly invocations?: undefined; readonly workgroups: number; readonly workgroupSize: number }
)

/** A kernel for an op by name: what plugins register under `kernels.webgpu`. It is called when a plan is prepared; its
 * shaders run one after another.
 * @example
 * const double: WebgpuKernel = ({ inputs: [x] }) => ({
 *   code: 'fn kernel(i: i32) { setOutput0(i, 2 * input0(i)); }',
 *   invocations: sizeOf(x.shape),
 * }) */
export type WebgpuKernel<A = never> = (call: WebgpuKernelCall<A>) => WebgpuShader | readonly WebgpuShader[]

const THREADS = 64

/** The kernel of a plugin as one of the backend's own. @throws KernelError where it is none, or fails */
export const pluginKernel =
  (name: string, kernel: unknown): NamedKernel =>
  (call, context) => {
    try {
      const made = (kernel as WebgpuKernel)({ ...call, limits: context.limits } as never)
      return [made].flat().flatMap((shader) => dispatchesOf(name, shader, call, context))
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause) throw cause
      throw new KernelError(`${name}: the kernel failed: ${String(cause)}`, { cause })
    }
  }

function dispatchesOf(label: string, given: WebgpuShader, call: Call, context: KernelContext): Dispatch[] {
  const { code, invocations, workgroups: groups, workgroupSize: size } = Object(given) as WebgpuShader
  const fits =
    invocations === undefined
      ? isCount(groups) && isCount(size) && size
      : isCount(invocations) && (groups ?? size) === undefined
  if (typeof code !== 'string' || !fits) {
    // What a promise fails with is nobody's.
    Promise.resolve(given).catch(String)
    throw new KernelError(
      `${label}: code and whole numbers of invocations or workgroups required, got ${shown(given)}: ` +
        `${invocations}, ${groups}, ${size}`,
    )
  }
  const threads = size ?? threadsOf(context.limits, THREADS)
  const workgroups = groups ?? Math.ceil(invocations! / threads)
  if (!workgroups) return []
  const shader = context.shader(label)
  // What the code does not name is not bound.
  const accessors = [...new Set(code.match(/\b(input|output|setOutput)\d+\b/g))].flatMap((name) => {
    const [, kind, k] = /(\D+)(.+)/.exec(name)!
    const argument = (kind === 'input' ? call.inputs : call.outputs)[Number(k)]
    if (!argument) return []
    const array = shader.of(argument)
    const type = typeOf(argument.dtype)
    return kind === 'setOutput'
      ? `fn ${name}(i: i32, value: ${type}) { ${array.set('i', 'value')} }`
      : `fn ${name}(i: i32) -> ${type} { return ${array.get('i')}; }`
  })
  const body =
    invocations === undefined
      ? 'kernel(i32(group), i32(lane));'
      : `if (thread < ${invocations}u) { kernel(i32(thread)); }`
  const declarations = [...accessors, code].join('\n')
  return [shader.finish({ declarations, body, threads, workgroups, source: code })]
}
