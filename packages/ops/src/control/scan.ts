import {
  add,
  apply,
  applyAll,
  asTensor,
  cast,
  defineOp,
  type Leaf,
  type Meta,
  mul,
  type Op,
  ShapeError,
  show,
  type Tensor,
  type Traced,
  type Tree,
} from '@gradloom/core'
import {
  ambient,
  constant,
  countedBy,
  filledWith,
  iota,
  isCount,
  leavesOf,
  pathsOf,
  runCounter,
  settings,
  topological,
  demandFunction,
  present,
  called,
  closed,
  parameter,
  requireSame,
  type Body,
} from '@gradloom/core/extend'
import { createLoop } from './loop.ts'

interface ScanAttrs extends Body {
  readonly carries: number
  readonly xs: number
  /** Null: as many as the xs have elements. */
  readonly length: number | null
  readonly reverse: boolean
}

const rowOf = ({ shape, dtype }: Meta): Meta => ({ shape: shape.slice(1), dtype })

/** A scan as it was traced. Results: last carries, then ys by position. */
const scanOp: Op<ScanAttrs> = defineOp<ScanAttrs>({
  name: 'traced scan',
  expandsAt: 'specialise',
  infer: (inputs, { results, carries, length }) => {
    const n = length ?? inputs[carries].shape[0]
    return [
      ...inputs.slice(0, carries).map(({ shape, dtype }) => ({ shape, dtype })),
      ...results.slice(carries).map(({ shape, dtype }) => ({ shape: [n, ...shape], dtype })),
    ]
  },
  decompose: (inputs, { carries, xs, reverse, length, ...traced }) => {
    const n = checkLength(inputs.slice(carries, carries + xs), length)
    const parameters = inputs.map((t, i) => parameter(i >= carries && i < carries + xs ? rowOf(t) : t))
    const all = called(traced, parameters)
    const results = all.slice(0, carries)
    const ys = all.slice(carries)
    results.forEach((t, i) => {
      requireSame('scan', `carry ${i} before and after an iteration`, parameters[i], t)
    })
    const loop = createLoop(
      { parameters, results, ys, carries, starts: new Array<number>(xs).fill(0), length: n, reverse },
      inputs,
    )
    return [...loop.carries, ...ys.map((t) => loop.stacked(t))]
  },
})

/** A number for each iteration that no other iteration, of whatever run, has, until 2^32 are used up. */
const iterationsOp: Op<{ readonly length: number | null }> = defineOp<{ readonly length: number | null }>({
  name: 'iterations',
  infer: ([, x], { length }) => ({ shape: [length ?? x.shape[0]], dtype: 'uint32' }),
  vjp: constant,
  decompose: ([run, x], { length }) => {
    const n = length ?? x.shape[0]
    return add(mul(run, n), cast(iota([n]), 'uint32'))
  },
})

/** @throws ShapeError where lengths differ or there is none */
function checkLength(xs: readonly Meta[], length: number | null): number {
  const known = xs.map((x) => x.shape[0] ?? NaN).filter((n) => n !== -1)
  if (length !== null) known.unshift(length)
  const [n = -1] = known
  if (!(xs.length || known.length) || !known.every((m) => isCount(m) && m === n)) {
    throw new ShapeError(
      `scan: xs that agree in their first axis, or a length, required, got ` +
        `${show(...xs.map((x) => x.shape)) || 'no xs'}, length ${length}`,
    )
  }
  return n
}

export interface ScanOptions {
  /** The number of iterations, where there are no xs. */
  readonly length?: number
  /** From the last element of xs to the first; ys stay in the order of xs. */
  readonly reverse?: boolean
}

/** `fn` for each element of the first axis of `xs`, one after another: `(carry, x) -> [carry, y]`. Gives the last
 * carry, and all ys, stacked along a new first axis. Carry, x and y are tensors, or lists and records of them; shapes
 * and dtypes of the carry stay. `fn` is called once, to build the graph, and compiled once, whatever the length.
 * Gradients of any order run it backward over saved values. What of `fn` depends on no argument is computed once;
 * random draws are fresh in each iteration, and the same ones in the backward pass.
 * @throws ShapeError, DTypeError where carries change or lengths differ
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.lax.scan.html
 * @example const [total, sums] = scan((c, x) => [add(c, x), add(c, x)], zeros([3]), xs) // sums along axis 0 */
export function scan<C extends Tree, X extends Tree, Y extends Tree>(
  fn: (carry: Traced<C>, x: Traced<X>) => readonly [carry: Tree, y: Y],
  init: C,
  xs: X,
  options?: ScanOptions,
): [carry: Traced<C>, ys: Traced<Y>] {
  const { length: count, reverse } = settings<{ length: number | null; reverse: boolean }>('scan', options, {
    length: null,
    reverse: false,
  })
  demandFunction('scan', fn)
  const tensors = (leaves: readonly [string, Leaf][]): Tensor[] => leaves.map(([, leaf]) => asTensor(leaf))
  const before = leavesOf(init, 'carry')
  const carries = tensors(before)
  const rows = tensors(leavesOf(xs, 'x'))
  checkLength(rows, count)
  const places = [...carries.map(parameter), ...rows.map((t) => parameter(rowOf(t)))]
  const counter = parameter({ shape: [], dtype: 'uint32' })
  const made: unknown = countedBy(counter, () =>
    fn(
      filledWith(init, places.slice(0, carries.length)) as Traced<C>,
      filledWith(xs, places.slice(carries.length)) as Traced<X>,
    ),
  )
  present('scan', made)
  if (!Array.isArray(made) || made.length !== 2)
    throw new ShapeError('scan: fn must give a pair [carry, y]; let y be null where there is none')
  const [next, y] = made as [Tree, Y]
  const after = leavesOf(next, 'carry')
  const ys = leavesOf(y, 'y')
  if (pathsOf(before) !== pathsOf(after))
    throw new ShapeError(
      `scan: fn must give a carry of the structure it takes, got ${pathsOf(after)} for ${pathsOf(before)}`,
    )
  const results = tensors([...after, ...ys])
  carries.forEach((t, i) => {
    requireSame('scan', `${before[i][0]} before and after an iteration`, t, results[i])
  })
  const draws = topological(results).includes(counter.node)
  if (draws) {
    places.push(counter)
    rows.push(apply(iterationsOp, [ambient.counter ?? runCounter(), ...rows.slice(0, 1)], { length: count }))
  }
  const { body, captured } = closed(results, places)
  const outputs = [
    ...applyAll(scanOp, [...carries, ...rows, ...captured], {
      ...body,
      carries: carries.length,
      xs: rows.length,
      length: count,
      reverse,
    }),
  ]
  return [filledWith(next, outputs.splice(0, carries.length)) as Traced<C>, filledWith(y, outputs) as Traced<Y>]
}
