import type { Op, Plugin } from '@gradloom/core'
import { cholesky } from './kernels/cholesky.ts'
import { onReference, type Kernel } from './kernels/kernel.ts'
import { triangularSolve } from './kernels/triangular.ts'
import { choleskyOp } from './ops/cholesky.ts'
import { triangularSolveOp } from './ops/triangularSolve.ts'

/** A plugin of ops that each have a kernel. */
function pluginOf(name: string, kernels: readonly (readonly [Op<never>, Kernel])[]): Plugin {
  const named = <T>(of: (kernel: Kernel) => T): { readonly [op: string]: T } =>
    Object.fromEntries(kernels.map(([op, kernel]) => [op.name, of(kernel)]))
  return {
    name,
    ops: kernels.map(([op]) => op),
    kernels: { cpu: named((kernel) => kernel), reference: named(onReference) },
  }
}

const choleskyKernels: readonly (readonly [Op<never>, Kernel])[] = [
  [choleskyOp as Op<never>, cholesky],
  [triangularSolveOp as Op<never>, triangularSolve as Kernel],
]

/** The kernels of `cholesky`, `triangularSolve` and `choleskySolve` alone, for pages that use no more.
 * @example const rt = createRuntime({ backends: [cpu()], plugins: [choleskyPlugin] }) */
export const choleskyPlugin: Plugin = /* @__PURE__ */ pluginOf('linalg/cholesky', choleskyKernels)

/** The kernels of all of linalg: a runtime needs them to run its functions.
 * @example const rt = createRuntime({ backends: [cpu()], plugins: [linalg] }) */
export const linalg: Plugin = /* @__PURE__ */ pluginOf('linalg', [...choleskyKernels])
