import {
  apply,
  asTensor,
  defineOp,
  ShapeError,
  show,
  transpose,
  zeros,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { scan } from '@gradloom/ops'
import { fromInput, gruStep, lstmStep, rnnStep, type CellWeights, type GruWeights } from './cells.ts'

/** A state of zeros for each example of `[T, N, gates * H]`, whose batch size may be unknown. */
const noStateOp: Op<{ gates: number }> = defineOp<{ gates: number }>({
  name: 'noState',
  infer: ([x], { gates }) => ({ shape: [x.shape[1], x.shape[2] === -1 ? -1 : x.shape[2] / gates], dtype: x.dtype }),
  vjp: () => [null],
  decompose: ([x], { gates }) => zeros([x.shape[1], x.shape[2] / gates], x),
})

export interface SequenceOptions {
  /** From the last step to the first. */
  readonly reverse?: boolean
  /** The state before the first step, [N, H]; zeros where absent. */
  readonly h?: TensorLike
}

/** A step of a recurrent net: states in, states out, the first of which is the output. */
type Step = (input: Tensor, states: readonly Tensor[]) => readonly Tensor[]

/** A recurrent net over `[N, T, I]`: the outputs `[N, T, H]`, then the last states. What the inputs give to the gates
 * is one product for all steps. @throws ShapeError */
function run(
  name: string,
  gates: number,
  x: TensorLike,
  weights: CellWeights,
  given: readonly (TensorLike | undefined)[],
  reverse: boolean,
  step: Step,
): readonly Tensor[] {
  const input = asTensor(x)
  const [rows, hidden] = asTensor(weights.hiddenWeight).shape
  const differ = (a: number, b: number): boolean => a !== b && a !== -1 && b !== -1
  const wrong = (...shapes: (readonly number[])[]): never => {
    throw new ShapeError(
      `${name}: input [batch, steps, features], weights [${gates} * hidden, ...] and states [batch, hidden] ` +
        `required, got ${show(input.shape, ...shapes)}`,
    )
  }
  if (input.rank !== 3) wrong()
  const projected = fromInput(transpose(input, [1, 0, 2]), weights)
  const states = given.map((s) =>
    s === undefined ? apply(noStateOp, [projected], { gates }) : asTensor(s, projected.dtype),
  )
  if (differ(projected.shape[2], gates * hidden) || differ(rows, gates * hidden))
    wrong(asTensor(weights.inputWeight).shape, [rows, hidden])
  for (const { shape } of states)
    if (shape.length !== 2 || differ(shape[0], input.shape[0]) || differ(shape[1], hidden)) wrong(shape)
  const [last, output] = scan(
    (now: readonly Tensor[], part) => {
      const next = step(part, now)
      return [next, next[0]]
    },
    states,
    projected,
    { reverse },
  )
  return [transpose(output, [1, 0, 2]), ...last]
}

/** A long short-term memory over `[N, T, I]`: outputs `[N, T, H]`, and the last h and c. See {@link lstmCell}. @throws
 * ShapeError */
export function lstm(
  x: TensorLike,
  weights: CellWeights,
  { h, c, reverse = false }: SequenceOptions & { readonly c?: TensorLike } = {},
): { output: Tensor; h: Tensor; c: Tensor } {
  const [output, lastH, lastC] = run('lstm', 4, x, weights, [h, c], reverse, (part, [nowH, nowC]) => {
    const next = lstmStep(part, { h: nowH, c: nowC }, weights)
    return [next.h, next.c]
  })
  return { output, h: lastH, c: lastC }
}
/** A gated recurrent unit over `[N, T, I]`: outputs `[N, T, H]`, and the last h. See {@link gruCell}. @throws
 * ShapeError */
export function gru(
  x: TensorLike,
  weights: GruWeights,
  { h, reverse = false }: SequenceOptions = {},
): { output: Tensor; h: Tensor } {
  const [output, last] = run('gru', 3, x, weights, [h], reverse, (part, [now]) => [gruStep(part, now, weights)])
  return { output, h: last }
}
/** A plain recurrent net over `[N, T, I]`: outputs `[N, T, H]`, and the last h. See {@link rnnCell}. @throws ShapeError
 * */
export function rnn(
  x: TensorLike,
  weights: CellWeights,
  { h, reverse = false }: SequenceOptions = {},
): { output: Tensor; h: Tensor } {
  const [output, last] = run('rnn', 1, x, weights, [h], reverse, (part, [now]) => [rnnStep(part, now, weights)])
  return { output, h: last }
}
