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
import { agree } from '@gradloom/core/extend'
import { scan } from '@gradloom/ops'
import { settings } from '../settings.ts'
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

const defaults = { h: undefined, reverse: false } as const

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
  const [rows, hidden] = asTensor(weights?.hiddenWeight).shape
  const wrong = (...shapes: (readonly number[])[]): never => {
    throw new ShapeError(
      `${name}: input [batch, steps, features], weights [${gates} * hidden, ...] and states [batch, hidden] ` +
        `required, got ${show(input.shape, ...shapes)}`,
    )
  }
  if (input.rank !== 3) wrong()
  const projected = fromInput(transpose(input, [1, 0, 2]), weights, gates)
  const states = given.map((s) =>
    s === undefined ? apply(noStateOp, [projected], { gates }) : asTensor(s, projected.dtype),
  )
  const all = hidden === -1 ? -1 : gates * hidden
  if (!agree([projected.shape[2], rows], [all, all])) wrong(asTensor(weights.inputWeight).shape, [rows, hidden])
  for (const { shape } of states) if (!agree(shape, [input.shape[0], hidden])) wrong(shape)
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
  options?: SequenceOptions & { readonly c?: TensorLike },
): { output: Tensor; h: Tensor; c: Tensor } {
  const { h, c, reverse } = settings('lstm', options, { ...defaults, c: undefined })
  const [output, lastH, lastC] = run('lstm', 4, x, weights, [h, c], reverse, (part, [nowH, nowC]) => {
    const next = lstmStep(part, { h: nowH, c: nowC }, weights)
    return [next.h, next.c]
  })
  return { output, h: lastH, c: lastC }
}
/** A net of one state. */
/* @__NO_SIDE_EFFECTS__ */
const net =
  <W extends CellWeights>(name: string, gates: number, step: (input: Tensor, h: Tensor, weights: W) => Tensor) =>
  (x: TensorLike, weights: W, options?: SequenceOptions): { output: Tensor; h: Tensor } => {
    const { h, reverse } = settings(name, options, defaults)
    const [output, last] = run(name, gates, x, weights, [h], reverse, (part, [now]) => [step(part, now, weights)])
    return { output, h: last }
  }
type Net<W> = (x: TensorLike, weights: W, options?: SequenceOptions) => { output: Tensor; h: Tensor }

/** A gated recurrent unit over `[N, T, I]`: outputs `[N, T, H]`, and the last h. See {@link gruCell}. @throws
 * ShapeError */
export const gru: Net<GruWeights> = net('gru', 3, gruStep)
/** A plain recurrent net over `[N, T, I]`: outputs `[N, T, H]`, and the last h. See {@link rnnCell}. @throws ShapeError
 * */
export const rnn: Net<CellWeights> = net('rnn', 1, rnnStep)
