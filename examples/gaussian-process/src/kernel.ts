import { add, exp, expandDims, mul, neg, square, sub, type Tensor } from '@gradloom/core'

/** Logarithms of what is fitted: standard deviations in degrees, lengths in years. */
export interface Hyperparameters {
  readonly trend: Tensor
  readonly trendLength: Tensor
  readonly wave: Tensor
  readonly waveLength: Tensor
  readonly noise: Tensor
}

export const initial: Readonly<Record<keyof Hyperparameters, number>> = {
  trend: Math.log(0.5),
  trendLength: Math.log(40),
  wave: Math.log(0.2),
  waveLength: Math.log(3),
  noise: Math.log(0.2),
}

/** deviation^2 exp(-distance^2 / 2 length^2) */
function smooth(squares: Tensor, deviation: Tensor, length: Tensor): Tensor {
  const scaled = mul(squares, exp(mul(length, -2)))
  return mul(exp(mul(deviation, 2)), exp(mul(neg(scaled), 0.5)))
}

/** Covariance `[m, n]` of temperatures in years `[m]` and `[n]`: a slow trend and a faster wave. */
export function covariance(a: Tensor, b: Tensor, h: Hyperparameters): Tensor {
  const squares = square(sub(expandDims(a, 1), expandDims(b, 0)))
  return add(smooth(squares, h.trend, h.trendLength), smooth(squares, h.wave, h.waveLength))
}

/** Variance of a temperature, noise left out. */
export const variance = (h: Hyperparameters): Tensor => add(exp(mul(h.trend, 2)), exp(mul(h.wave, 2)))
