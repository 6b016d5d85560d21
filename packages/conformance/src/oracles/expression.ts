import {
  KernelError,
  Tensor,
  add,
  cast,
  grad,
  isFloat,
  mul,
  sum,
  type Context,
  type HostArray,
  type Policy,
  type Runtime,
} from '@gradloom/core'
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
  /** What gradients compute again; nothing where absent. */
  readonly rematerialise?: Policy
}

/** What a case asks for. */
interface Built {
  readonly out: Tensor
  /** Gradients by the inputs that are floats. */
  readonly grads: readonly Tensor[]
  readonly hvp: readonly Tensor[]
}

/** What is wrong, one line each; empty where the case passes. */
export async function runExpression(c: ExpressionCase, run: OracleRun): Promise<string[]> {
  const { runtime, precision, decompositions, rematerialise } = run
  const data = c.inputs.map((a) => decode(a, precision))
  const at = data.flatMap(({ dtype }, i) => (isFloat(dtype) ? [i] : []))
  const feeds = Object.fromEntries(data.map((array, i) => [`x${i}`, array]))
  const failures: string[] = []
  const check = (what: string, got: HostArray, want: OracleArray, order: 1 | 2): void => {
    const wrong = difference(got, want, toleranceOf(precision, { order, decompositions, rtol: c.rtol }))
    if (wrong) failures.push(`${what}: ${wrong}`)
  }
  return runtime.run(async (ctx) => {
    const built = build(c, run, ctx)
    const environment = runtime.variables()
    const evaluated = async (tensors: readonly Tensor[]): Promise<HostArray[]> => {
      const evaluator = ctx.evaluator().push(...tensors)
      for (const [name, array] of Object.entries(feeds)) evaluator.feed(name, array)
      return evaluator.run()
    }
    /** Only a step has a policy; it builds for itself. */
    const recomputed = async (pick: (from: Built) => readonly Tensor[]): Promise<HostArray[]> => {
      const body = (own: Context): Record<string, Tensor> =>
        Object.fromEntries(pick(build(c, run, own)).map((t, i) => [`r${i}`, t]))
      const step = environment.compile(body, { rematerialise })
      return Object.values(await step(feeds))
    }
    const fetch = (pick: (from: Built) => readonly Tensor[]): Promise<HostArray[]> =>
      rematerialise ? recomputed(pick) : evaluated(pick(built))
    try {
      check('out', (await fetch((b) => [b.out]))[0], c.out, 1)
      if (c.w && c.grads)
        for (const [k, g] of (await fetch((b) => b.grads)).entries()) check(`grad ${at[k]}`, g, c.grads[at[k]]!, 1)
      if (c.v && c.hvp)
        for (const [k, h] of (await fetch((b) => b.hvp)).entries()) check(`hvp ${at[k]}`, h, c.hvp[at[k]]!, 2)
      return failures
    } finally {
      environment.dispose()
    }
  })
}

/** The graph of a case; gradients where it has some. */
function build(c: ExpressionCase, { functions, precision }: OracleRun, ctx: Context): Built {
  const inputs = c.inputs.map((a, i) => {
    const { shape, dtype } = decode(a, precision)
    return ctx.placeholder(`x${i}`, shape, dtype)
  })
  const out = evaluate(c.expr, { ...functions, ...Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])) }, precision)
  if (!(out instanceof Tensor)) throw new KernelError(`a tensor required, got ${typeof out}`)
  if (!c.w || !c.grads) return { out, grads: [], hvp: [] }
  const at = inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []))
  const xs = at.map((i) => inputs[i])
  const cotangent = cast(decode(c.w, precision), out.dtype)
  const grads = grad([out], xs, { cotangents: [cotangent], allowUnused: true })
  if (!c.v || !c.hvp) return { out, grads, hvp: [] }
  const along = grads.map((g, k) => sum(mul(g, decode(c.v![at[k]]!, precision)))).reduce((a, b) => add(a, b))
  return { out, grads, hvp: grad([along], xs, { allowUnused: true }) }
}
