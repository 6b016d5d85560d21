import type { Op, Plugin } from '@gradloom/core'
import { cholesky } from './kernels/cholesky.ts'
import { cofactor, cofactorDerivative } from './kernels/cofactor.ts'
import { eig } from './kernels/eig.ts'
import { eigh } from './kernels/eigh.ts'
import { dft } from './kernels/fft.ts'
import { gaugeCheck, nullCheck } from './kernels/gauge.ts'
import { independent } from './kernels/independent.ts'
import { onReference, type Kernel } from './kernels/kernel.ts'
import { krylov } from './kernels/krylov.ts'
import { luFactor, luSolve } from './kernels/lu.ts'
import { matrixExp } from './kernels/matrixExp.ts'
import { qr } from './kernels/qr.ts'
import { schur } from './kernels/schur.ts'
import { spectrum } from './kernels/spectrum.ts'
import { svd } from './kernels/svd.ts'
import { sylvester } from './kernels/sylvester.ts'
import { triangularSolve } from './kernels/triangular.ts'
import { choleskyOp } from './ops/cholesky.ts'
import { cofactorDerivativeOp, cofactorOp } from './ops/det.ts'
import { eigOp } from './ops/eig.ts'
import { eighOp, eigvalshOp } from './ops/eigh.ts'
import { dftOp } from './ops/fft.ts'
import { krylovOp } from './ops/iterative.ts'
import { matrixExpOp } from './ops/matrixExp.ts'
import { independentOp, qrOp } from './ops/qr.ts'
import { schurOp } from './ops/schur.ts'
import { luFactorOp, luSolveOp } from './ops/solve.ts'
import { svdOp, svdvalsOp } from './ops/svd.ts'
import { sylvesterOp } from './ops/sylvester.ts'
import { triangularSolveOp } from './ops/triangularSolve.ts'
import { gaugeCheckOp, nullCheckOp } from './spectral/gauge.ts'
import { spectrumOp } from './spectral/spectrum.ts'

/** An op and its kernels, of whatever settings. */
type WithKernels = readonly [op: Op<never>, cpu: Kernel, reference: unknown]
const pair = <A>(op: Op<A>, kernel: Kernel<A>): WithKernels => [
  op as Op<never>,
  kernel as Kernel,
  onReference(kernel as Kernel),
]

function pluginOf(name: string, kernels: readonly WithKernels[]): Plugin {
  const named = (at: 1 | 2): { readonly [op: string]: unknown } =>
    Object.fromEntries(kernels.map((kernel) => [kernel[0].name, kernel[at]]))
  return { name, ops: kernels.map(([op]) => op), kernels: { cpu: named(1), reference: named(2) } }
}

/** The same in both plugins, of which a runtime may have both. */
const choleskyKernels: readonly WithKernels[] = [
  /* @__PURE__ */ pair(choleskyOp, cholesky),
  /* @__PURE__ */ pair(triangularSolveOp, triangularSolve),
]

/** The kernels of `cholesky`, `triangularSolve` and `choleskySolve` alone, for pages that use no more.
 * @example const rt = createRuntime({ backends: [cpu()], plugins: [choleskyPlugin] }) */
export const choleskyPlugin: Plugin = /* @__PURE__ */ pluginOf('linalg/cholesky', choleskyKernels)

const allKernels = (): WithKernels[] => [
  ...choleskyKernels,
  pair(luFactorOp, luFactor),
  pair(luSolveOp, luSolve),
  pair(cofactorOp, cofactor),
  pair(cofactorDerivativeOp, cofactorDerivative),
  pair(qrOp, qr),
  pair(independentOp, independent),
  pair(gaugeCheckOp, gaugeCheck),
  pair(nullCheckOp, nullCheck),
  pair(spectrumOp, spectrum),
  pair(matrixExpOp, matrixExp),
  pair(eighOp, eigh),
  pair(eigvalshOp, eigh),
  pair(svdOp, svd),
  pair(svdvalsOp, svd),
  pair(eigOp, eig),
  pair(schurOp, schur),
  pair(sylvesterOp, sylvester),
  pair(krylovOp, krylov),
  pair(dftOp, dft),
]

/** The kernels of all of linalg: a runtime needs them to run its functions.
 * @example const rt = createRuntime({ backends: [cpu()], plugins: [linalg] }) */
export const linalg: Plugin = /* @__PURE__ */ pluginOf('linalg', /* @__PURE__ */ allKernels())
