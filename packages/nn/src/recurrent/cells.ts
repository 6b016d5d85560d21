import {
  add,
  asTensor,
  matmul,
  mul,
  sigmoid,
  split,
  sub,
  tanh,
  transpose,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { affine } from '../normalisation/affine.ts'
import { settings } from '../settings.ts'

export interface CellWeights {
  /** [gates * H, I] and [gates * H, H], the gates stacked. */
  readonly inputWeight: TensorLike
  readonly hiddenWeight: TensorLike
  /** [gates * H], added once. */
  readonly bias?: TensorLike
}
export interface GruWeights extends CellWeights {
  /** Of shape [3 H], inside the reset gate's product, where `bias` is outside. */
  readonly hiddenBias?: TensorLike
}
export interface LstmState {
  readonly h: Tensor
  readonly c: Tensor
}

const times = (x: Tensor, weight: TensorLike): Tensor => matmul(x, transpose(asTensor(weight)))
const plus = (x: Tensor, bias: TensorLike | undefined): Tensor => affine('weights', x, [x.rank - 1], { bias })

const WEIGHTS = { inputWeight: undefined, hiddenWeight: undefined, bias: undefined }

/** What the gates get from the inputs: also for all steps of a sequence at once. Only the three of a gated recurrent
 * unit have a hidden bias. */
export function fromInput(x: Tensor, weights: CellWeights, gates: number): Tensor {
  const known = gates === 3 ? { ...WEIGHTS, hiddenBias: undefined } : WEIGHTS
  const { inputWeight, bias } = settings('weights', weights, known) as CellWeights
  return plus(times(x, inputWeight), bias)
}

/** An LSTM step whose input part is known. */
export function lstmStep(
  input: Tensor,
  { h, c }: LstmState,
  { hiddenWeight }: Pick<CellWeights, 'hiddenWeight'>,
): LstmState {
  const hidden = split(times(h, hiddenWeight), 4, -1)
  const [i, f, g, o] = split(input, 4, -1).map((part, k) => add(part, hidden[k]))
  const next = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
  return { h: mul(sigmoid(o), tanh(next)), c: next }
}
/** A GRU step whose input part is known. */
export function gruStep(
  input: Tensor,
  h: Tensor,
  { hiddenWeight, hiddenBias }: Pick<GruWeights, 'hiddenWeight' | 'hiddenBias'>,
): Tensor {
  const [r, z, n] = split(input, 3, -1)
  const [hr, hz, hn] = split(plus(times(h, hiddenWeight), hiddenBias), 3, -1)
  const candidate = tanh(add(n, mul(sigmoid(add(r, hr)), hn)))
  return add(candidate, mul(sigmoid(add(z, hz)), sub(h, candidate)))
}
/** A plain step whose input part is known. */
export const rnnStep = (input: Tensor, h: Tensor, { hiddenWeight }: Pick<CellWeights, 'hiddenWeight'>): Tensor =>
  tanh(add(input, times(h, hiddenWeight)))

/** One step of a long short-term memory: gates i, f, g, o = x W^T + h U^T + b, c' = sigmoid(f) c + sigmoid(i) tanh(g),
 * h' = sigmoid(o) tanh(c'). x `[N, I]`, h and c `[N, H]`. @see https://doi.org/10.1162/neco.1997.9.8.1735 */
export const lstmCell = (
  x: TensorLike,
  state: { readonly h: TensorLike; readonly c: TensorLike },
  weights: CellWeights,
): LstmState => {
  const { h, c } = settings('lstmCell', state, { h: undefined, c: undefined }) as typeof state
  return lstmStep(fromInput(asTensor(x), weights, 4), { h: asTensor(h), c: asTensor(c) }, weights)
}
/** One step of a gated recurrent unit, gates r, z, n: n = tanh(x_n + sigmoid(r) h_n), h' = (1 - sigmoid(z)) n +
 * sigmoid(z) h.
 * x `[N, I]`, h `[N, H]`. @see https://arxiv.org/abs/1406.1078 */
export const gruCell = (x: TensorLike, h: TensorLike, weights: GruWeights): Tensor =>
  gruStep(fromInput(asTensor(x), weights, 3), asTensor(h), weights)
/** tanh(x W^T + h U^T + b): x `[N, I]`, h `[N, H]`. */
export const rnnCell = (x: TensorLike, h: TensorLike, weights: CellWeights): Tensor =>
  rnnStep(fromInput(asTensor(x), weights, 1), asTensor(h), weights)
