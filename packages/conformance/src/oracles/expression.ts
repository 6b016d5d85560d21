import { KernelError, Tensor, add, cast, grad, isFloat, mul, sum, type HostArray, type Runtime } from '@gradloom/core'
import { difference, toleranceOf, type Precision } from '../compare.ts'
import { evaluate, type Functions } from './evaluate.ts'
import { decode, type ExpressionCase, type OracleArray } from './format.ts'

/** How a file's cases run. */
export interface OracleRun {
  readonly runtime: Runtime
  /** Public functions of core, nn and linalg. */
  readonly functions: Functions
  /** Public functions of optim. */
  readonly optimizers: Functions
  readonly precision: Precision
  /** The looser tolerance of linear algebra. */
  readonly decompositions: boolean
}

/** What is wrong, one line each; empty where the case passes. */
export async function runExpression(
  c: ExpressionCase,
  { runtime, functions, precision, decompositions }: OracleRun,
): Promise<string[]> {
  return runtime.run(async (ctx) => {
    const data = c.inputs.map((a) => decode(a, precision))
    const inputs = data.map(({ shape, dtype }, i) => ctx.placeholder(`x${i}`, shape, dtype))
    const out = evaluate(c.expr, { ...functions, ...Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])) }, precision)
    if (!(out instanceof Tensor)) throw new KernelError(`a tensor required, got ${typeof out}`)
    const fetch = async (tensors: readonly Tensor[]): Promise<HostArray[]> => {
      const evaluator = ctx.evaluator().push(...tensors)
      inputs.forEach((x, i) => evaluator.feed(x, data[i]))
      return evaluator.run()
    }
    const failures: string[] = []
    const check = (what: string, got: HostArray, want: OracleArray, order: 1 | 2): void => {
      const wrong = difference(got, want, toleranceOf(precision, { order, decompositions, rtol: c.rtol }))
      if (wrong) failures.push(`${what}: ${wrong}`)
    }
    check('out', (await fetch([out]))[0], c.out, 1)
    if (!c.w || !c.grads) return failures
    const at = inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []))
    const xs = at.map((i) => inputs[i])
    const cotangent = cast(decode(c.w, precision), out.dtype)
    const grads = grad([out], xs, { cotangents: [cotangent], allowUnused: true })
    for (const [k, g] of (await fetch(grads)).entries()) check(`grad ${at[k]}`, g, c.grads[at[k]]!, 1)
    if (!c.v || !c.hvp) return failures
    const along = grads.map((g, k) => sum(mul(g, decode(c.v![at[k]]!, precision)))).reduce((a, b) => add(a, b))
    const hvp = grad([along], xs, { allowUnused: true })
    for (const [k, h] of (await fetch(hvp)).entries()) check(`hvp ${at[k]}`, h, c.hvp[at[k]]!, 2)
    return failures
  })
}
