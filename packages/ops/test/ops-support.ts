import { reference } from '@gradloom/conformance'
import { createRuntime, grad, hostArray, mul, sum, tensor, type Runtime, type Tensor } from '@gradloom/core'

export const createTestRuntime = (): Runtime => createRuntime({ backends: [reference()] })

export const f64 = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor =>
  tensor(hostArray(Float64Array.from(data), shape))
export const i32 = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor =>
  tensor(hostArray(Int32Array.from(data), shape))

export const list = async (rt: Runtime, t: Tensor): Promise<number[]> =>
  Array.from((await rt.evaluate([t]))[0].data, Number)

/** Numbers without a pattern, the same in every run. */
export const wave = (n: number, phase = 0): number[] =>
  Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * phase) * 1.7)

type Fn = (...xs: Tensor[]) => Tensor

/** Largest difference between gradients and central differences of `fn`, relative to 1 + magnitude: of the first order,
 * and of the second, where the gradient's own gradient is taken. Cotangents are not uniform. */
export async function gradientErrors(
  rt: Runtime,
  fn: Fn,
  inputs: readonly { readonly data: readonly number[]; readonly shape: readonly number[] }[],
  step = 1e-5,
): Promise<[number, number]> {
  const firstOrder: Fn = (...xs) => {
    const y = fn(...xs)
    return sum(
      mul(
        y,
        f64(
          wave(
            y.shape.reduce((a, b) => a * b, 1),
            1,
          ),
          y.shape,
        ),
      ),
    )
  }
  const secondOrder: Fn = (...xs) => {
    const grads = grad([firstOrder(...xs)], xs, { allowUnused: true })
    return grads.map((g, i) => sum(mul(g, f64(wave(inputs[i].data.length, 2 + i), g.shape)))).reduce((a, b) => a.add(b))
  }
  const errorOf = async (scalar: Fn): Promise<number> => {
    const make = (k: number, at: number, by: number): Tensor[] =>
      inputs.map(({ data, shape }, i) =>
        f64(
          data.map((v, j) => (i === k && j === at ? v + by : v)),
          shape,
        ),
      )
    const xs = make(-1, 0, 0)
    const values = await rt.evaluate(grad([scalar(...xs)], xs, { allowUnused: true }))
    const probes = inputs.flatMap(({ data }, k) => data.map((_, at) => [k, at] as const))
    const ends = await rt.evaluate(
      probes.flatMap(([k, at]) => [scalar(...make(k, at, step)), scalar(...make(k, at, -step))]),
    )
    return Math.max(
      0,
      ...probes
        .map(([k, at], p) => {
          const numeric = (ends[2 * p].item() - ends[2 * p + 1].item()) / (2 * step)
          const exact = values[k].data[at]
          return Math.abs(numeric - exact) / (1 + Math.abs(numeric))
        })
        .map((e) => (Number.isNaN(e) ? Infinity : e)),
    )
  }
  return [await errorOf(firstOrder), await errorOf(secondOrder)]
}
