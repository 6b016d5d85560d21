import {
  type Tensor,
  add,
  grad,
  hostArray,
  isFloat,
  mul,
  sizeOf,
  sum,
  toHostArray,
  type HostArray,
  type Runtime,
} from '@gradloom/core'
import type { Precision } from '../compare.ts'
import type { Input } from '../samples/data.ts'
import type { Sample } from '../samples/sample.ts'

/** Results of a sample: outputs, gradients of their weighted sum, and the derivative of these along a direction. */
export interface Evaluation {
  readonly outputs: readonly HostArray[]
  readonly gradients: readonly (HostArray | null)[]
  readonly second: readonly (HostArray | null)[]
}

export const toHost = ({ shape, dtype, data }: Input, precision: Precision): HostArray => {
  const kind = dtype === 'float' ? precision : dtype
  return hostArray(toHostArray(data.map((v) => (kind === 'bool' ? v !== 0 : v)) as number[], kind).data, shape, kind)
}

/** Signed weights of which no two are alike, as float32 numbers in the dtype of `t`. */
function weightsFor(t: Tensor, salt: number): HostArray {
  const values = Array.from({ length: sizeOf(t.shape) }, (_, i) =>
    Math.fround(1.3 * Math.sin(2.4 * i + 1.1 * salt + 0.7) + 0.2),
  )
  return hostArray(toHostArray(values, t.dtype).data, t.shape, t.dtype)
}

export interface EvaluateOptions {
  /** Derivatives to compute; the sample's order by default. */
  readonly order?: number
  /** Gradients of the plain sum instead of a weighted one. */
  readonly plain?: boolean
}

/** Runs a sample as one program of a runtime: values and derivatives share their plan, as they do in training. */
export async function evaluateSample(
  sample: Sample,
  runtime: Runtime,
  precision: Precision,
  { order = sample.order, plain = false }: EvaluateOptions = {},
): Promise<Evaluation> {
  const environment = runtime.variables()
  const data = sample.inputs.map((input) => toHost(input, precision))
  let counts = { outputs: 0, first: 0 }
  // A step draws by the number of its calls, so that two runtimes draw the same.
  const step = environment.compile((ctx) => {
    const inputs = data.map(({ shape, dtype }, i) => ctx.placeholder(`x${i}`, shape, dtype))
    const outputs = [sample.fn(...inputs)].flat() as Tensor[]
    const smooth = outputs.filter((y) => isFloat(y.dtype))
    const xs = inputs.filter((x) => isFloat(x.dtype))
    const cotangents = plain ? {} : { cotangents: smooth.map(weightsFor) }
    const first = order > 0 && xs.length ? grad(smooth, xs, { ...cotangents, allowUnused: true }) : []
    const along = (): Tensor => first.map((g, k) => sum(mul(g, weightsFor(g, k + 5)))).reduce((a, b) => add(a, b))
    const second = order > 1 && xs.length ? grad([along()], xs, { allowUnused: true }) : []
    counts = { outputs: outputs.length, first: first.length }
    return Object.fromEntries([...outputs, ...first, ...second].map((t, i) => [`y${i}`, t]))
  })
  const named: Record<string, HostArray> = await step(Object.fromEntries(data.map((x, i) => [`x${i}`, x])))
  const results = Object.keys(named).map((_, i) => named[`y${i}`])
  const at = data.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []))
  const spread = (list: readonly HostArray[]): (HostArray | null)[] => data.map((_, i) => list[at.indexOf(i)] ?? null)
  const { outputs: n, first: m } = counts
  return {
    outputs: results.slice(0, n),
    gradients: spread(results.slice(n, n + m)),
    second: spread(results.slice(n + m)),
  }
}
