import {
  KernelError,
  type Bindings,
  type DeviceBuffer,
  type DType,
  type Executable,
  type Plan,
  type Profiled,
  type Span,
  type Step,
  type TypedArray,
} from '@gradloom/core'
import { freshMemory, memoryOf, type ReferenceBuffer } from './buffer.ts'
import { compileContraction } from './contraction.ts'
import type { KernelArray, ReferenceKernel } from './kernels/kernel.ts'
import { compileLoop } from './loop.ts'
import { compileCond, compileScan, type Run } from './nested.ts'

function compileStep(step: Step, kernels: ReadonlyMap<string, ReferenceKernel>): Run {
  if (step.type === 'loop') return compileLoop(step)
  if (step.type === 'contraction') return compileContraction(step)
  if (step.type === 'scan') return compileScan(step, (s) => compileStep(s, kernels))
  if (step.type === 'cond') return compileCond(step, (s) => compileStep(s, kernels))
  const kernel = kernels.get(step.name)
  if (!kernel)
    throw new KernelError(
      `${step.name}: no kernel in the reference backend; register one under kernels.reference, or give the op a ` +
        `decompose`,
    )
  return (memories) => {
    const arrays = (list: typeof step.inputs): KernelArray[] =>
      list.map(({ buffer, shape, dtype }) => ({ data: memories[buffer].data, shape, dtype }))
    for (const { buffer } of step.inputs) {
      const at = memories[buffer].written.indexOf(0)
      if (at >= 0)
        throw new KernelError(
          `${step.label}: the plan reads element ${at} of buffer ${buffer} before anything wrote it`,
        )
    }
    const result = attempt(step, () => kernel(step.attrs as never, arrays(step.inputs), arrays(step.outputs)))
    if (result instanceof Promise) {
      result.catch(() => undefined)
      throw new KernelError(`${step.name}: a kernel that fills its outputs at once required, got a promise`)
    }
    for (const { buffer } of step.outputs) memories[buffer].written.fill(1)
  }
}

/** @throws KernelError where a kernel fails; errors that name their kind pass */
function attempt({ label, scope }: Step, run: () => unknown): unknown {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) throw cause
    throw new KernelError(`${label}${scope && ` in ${scope}`}: the kernel failed: ${String(cause)}`, { cause })
  }
}

/** The values of a backend. */
export interface Values {
  keep(data: TypedArray, dtype: DType): ReferenceBuffer
  /** @throws BackendError for a value of another backend, DisposedError */
  dataOf(buffer: DeviceBuffer): TypedArray
}

/** A plan made runnable. Every buffer of the arena is memory of its own, which starts unwritten at each run: what a
 * plan computes here does not depend on where the allocator put it. */
export function createExecutable(
  plan: Plan,
  kernels: ReadonlyMap<string, ReferenceKernel>,
  values: Values,
  release: () => void,
): Required<Executable> {
  const steps = plan.steps.map((step) => compileStep(step, kernels))
  const perform = (
    bindings: Bindings,
    keep: readonly boolean[],
    around: (step: number, run: () => void) => void = (_, run) => run(),
  ): Profiled['values'] => {
    const bound = bindings.map((b) => (ArrayBuffer.isView(b) ? b : values.dataOf(b)))
    // A step that fails leaves inputs alone, because what is written is a copy until all steps are done.
    const memories = plan.buffers.map((b) =>
      b.kind === 'arena'
        ? freshMemory(b.dtype, b.size)
        : memoryOf(plan.inputs[b.input].written ? bound[b.input].slice() : bound[b.input]),
    )
    for (const [i, run] of steps.entries()) around(i, () => run(memories))
    plan.inputs.forEach((input, i) => {
      if (input.written) bound[i].set(memories[input.buffer].data)
    })
    return plan.outputs.map(({ buffer, dtype }, i) => {
      const data = memories[buffer].data.slice()
      return keep[i] ? values.keep(data, dtype) : data
    })
  }
  const runSync: Required<Executable>['runSync'] = (bindings, keep) => perform(bindings, keep)
  return {
    byteLength: 0,
    runSync,
    run: async (bindings, keep) => runSync(bindings, keep),
    profile: async (bindings, keep) => {
      const spans: Span[] = []
      const begun = performance.now()
      const values = perform(bindings, keep, (step, run) => {
        const startMs = performance.now() - begun
        run()
        spans.push({ step, startMs, endMs: performance.now() - begun, lane: 0 })
      })
      return { values, spans, totalMs: performance.now() - begun }
    },
    dispose: release,
  }
}
