import { apply, applyAll, asTensor, defineOp, ShapeError, show, slice, stack, zeros, type Meta, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { fromInput, gruStep, lstmStep, rnnStep, type CellWeights, type GruWeights } from './cells.ts'

interface Attrs { readonly reverse: boolean }

/** A step of a recurrent net: states in, states out, the first of which is the output. */
type Step = (input: Tensor, states: readonly Tensor[], weights: readonly Tensor[]) => readonly Tensor[]

/** An op over a sequence `[N, T, gates * H]` of input parts: `count` states, then weights. Results: the outputs `[N, T, H]`
 * and the last states. The steps are unrolled once their number is known. */
const sequenceOp = (name: string, count: number, gates: number, step: Step): Op<Attrs> => defineOp<Attrs>({
  name,
  infer: ([x, ...rest]) => {
    const states = rest.slice(0, count), [n, t, width] = x.shape, { shape: [rows, h] } = rest[count]
    const differ = (a: number, b: number): boolean => a !== b && a !== -1 && b !== -1
    if (x.shape.length !== 3 || differ(width, gates * h) || differ(rows, gates * h) || states.some(({ shape: s }) => s.length !== 2 || differ(s[0], n) || differ(s[1], h))) {
      throw new ShapeError(`${name}: input [batch, steps, features], weights [${gates} * hidden, ...] and states [batch, hidden] required, got ${show(x.shape, ...rest.map((m) => m.shape))} after projection`)
    }
    return [{ shape: [n, t, h], dtype: x.dtype }, ...states.map(({ shape, dtype }): Meta => ({ shape, dtype }))]
  },
  decompose: ([x, ...rest], { reverse }) => {
    const steps = x.shape[1], outputs = new Array<Tensor>(steps), weights = rest.slice(count)
    let states: readonly Tensor[] = rest.slice(0, count)
    if (!steps) throw new ShapeError(`${name}: at least one step required, got ${show(x.shape)}`)
    for (let i = 0; i < steps; i++) {
      const t = reverse ? steps - 1 - i : i
      states = step(slice(x, [null, t]), states, weights)
      outputs[t] = states[0]
    }
    return [stack(outputs, 1), ...states]
  },
})

const lstmOp = sequenceOp('lstm', 2, 4, (x, [h, c], [hiddenWeight]) => {
  const next = lstmStep(x, { h, c }, { hiddenWeight })
  return [next.h, next.c]
})
const gruOp = sequenceOp('gru', 1, 3, (x, [h], [hiddenWeight, hiddenBias]) => [gruStep(x, h, { hiddenWeight, hiddenBias })])
const rnnOp = sequenceOp('rnn', 1, 1, (x, [h], [hiddenWeight]) => [rnnStep(x, h, { hiddenWeight })])

/** A state of zeros for each example of the input, whose batch size may be unknown. */
const noStateOp: Op<{ gates: number }> = defineOp<{ gates: number }>({
  name: 'noState',
  infer: ([x], { gates }) => ({ shape: [x.shape[0], x.shape[2] === -1 ? -1 : x.shape[2] / gates], dtype: x.dtype }),
  vjp: () => [null],
  decompose: ([x], { gates }) => zeros([x.shape[0], x.shape[2] / gates], x),
})

export interface SequenceOptions {
  /** From the last step to the first. */
  readonly reverse?: boolean
  /** The state before the first step, [N, H]; zeros where absent. */
  readonly h?: TensorLike
}

function run(op: Op<Attrs>, gates: number, x: TensorLike, weights: CellWeights, states: readonly (TensorLike | undefined)[], extra: readonly TensorLike[], reverse: boolean): readonly Tensor[] {
  const projected = fromInput(asTensor(x), weights)
  const start = states.map((s) => (s === undefined ? apply(noStateOp, [projected], { gates }) : asTensor(s, projected.dtype)))
  return applyAll(op, [projected, ...start, weights.hiddenWeight, ...extra], { reverse })
}

/** A long short-term memory over `[N, T, I]`: outputs `[N, T, H]`, and the last h and c. See {@link lstmCell}. @throws ShapeError */
export function lstm(x: TensorLike, weights: CellWeights, { h, c, reverse = false }: SequenceOptions & { readonly c?: TensorLike } = {}): { output: Tensor; h: Tensor; c: Tensor } {
  const [output, lastH, lastC] = run(lstmOp, 4, x, weights, [h, c], [], reverse)
  return { output, h: lastH, c: lastC }
}
/** A gated recurrent unit over `[N, T, I]`: outputs `[N, T, H]`, and the last h. See {@link gruCell}. @throws ShapeError */
export function gru(x: TensorLike, weights: GruWeights, { h, reverse = false }: SequenceOptions = {}): { output: Tensor; h: Tensor } {
  const [output, last] = run(gruOp, 3, x, weights, [h], weights.hiddenBias === undefined ? [] : [weights.hiddenBias], reverse)
  return { output, h: last }
}
/** A plain recurrent net over `[N, T, I]`: outputs `[N, T, H]`, and the last h. See {@link rnnCell}. @throws ShapeError */
export function rnn(x: TensorLike, weights: CellWeights, { h, reverse = false }: SequenceOptions = {}): { output: Tensor; h: Tensor } {
  const [output, last] = run(rnnOp, 1, x, weights, [h], [], reverse)
  return { output, h: last }
}
