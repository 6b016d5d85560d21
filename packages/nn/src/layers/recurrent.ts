import { zeros, type Tensor } from '@gradloom/core'
import { type Rng } from '@gradloom/ops'
import { gru as runGru, lstm as runLstm } from '../recurrent/sequence.ts'
import { REQUIRED, settings } from '../settings.ts'
import { layer, type Layer } from './layer.ts'

export type RecurrentParameters = { inputWeight: Tensor; hiddenWeight: Tensor; bias: Tensor }

/** Uniform within 1 / sqrt(hidden), as PyTorch starts them. */
const start = (name: string, rng: Rng, gates: number, features: number, hidden: number): RecurrentParameters => {
  settings(name, { features, hidden }, { features: REQUIRED, hidden: REQUIRED })
  const high = 1 / Math.sqrt(hidden)
  const weight = (n: number): Tensor => rng.uniform([gates * hidden, n], { low: -high, high })
  return { inputWeight: weight(features), hiddenWeight: weight(hidden), bias: zeros([gates * hidden]) }
}

/** An LSTM over `[N, T, features]`: all outputs `[N, T, hidden]`. */
export const lstm = (features: number, hidden: number): Layer<RecurrentParameters> =>
  layer({
    init: (rng) => start('lstm', rng, 4, features, hidden),
    apply: (p, x) => runLstm(x, p).output,
  })
/** A GRU over `[N, T, features]`: all outputs `[N, T, hidden]`. */
export const gru = (features: number, hidden: number): Layer<RecurrentParameters & { hiddenBias: Tensor }> =>
  layer({
    init: (rng) => ({ ...start('gru', rng, 3, features, hidden), hiddenBias: zeros([3 * hidden]) }),
    apply: (p, x) => runGru(x, p).output,
  })
