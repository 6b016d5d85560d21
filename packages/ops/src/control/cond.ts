import {
  applyAll,
  asTensor,
  defineOp,
  DTypeError,
  isFloat,
  type Nested,
  type Node,
  type Op,
  type Place,
  ShapeError,
  type Tensor,
  type TensorLike,
  type Traced,
  type Tree,
  where,
} from '@gradloom/core'
import {
  ambient,
  describe,
  filledWith,
  leavesOf,
  pathsOf,
  reverse,
  type StepContext,
  demandFunction,
  present,
  called,
  closed,
  parameter,
  requireSame,
  riskOf,
  type Body,
} from '@gradloom/core/extend'
import { isZero } from './isZero.ts'

/** The results of one branch, then those of the other. The first input is the bool that chooses; the rest are the
 * parameters. */
type CondAttrs = Body

const halves = ({ results }: CondAttrs): [whenTrue: readonly Tensor[], whenFalse: readonly Tensor[]] => [
  results.slice(0, results.length / 2),
  results.slice(results.length / 2),
]

const infer: Op<CondAttrs>['infer'] = (_, attrs) => halves(attrs)[0].map(({ shape, dtype }) => ({ shape, dtype }))

/** A cond whose shapes are known. */
const condOp: Op<CondAttrs> = defineOp<CondAttrs>({
  name: 'cond',
  risk: (_, attrs) => riskOf(attrs),
  infer,
  // Values of the branch that is not taken are there, but never chosen.
  decompose: ([predicate, ...inputs], attrs) => {
    const [a, b] = halves({ ...attrs, results: called(attrs, inputs) })
    return a.map((t, i) => where(predicate, t, b[i]))
  },
  // A cond of the branches' gradients, which compute again what they need. Zeros stay out of it: they would make NaN of
  // infinite derivatives.
  vjp: ({ inputs: [predicate, ...inputs], cotangents, attrs }) => {
    const moving = cotangents.flatMap((g, i) => (isFloat(g.dtype) && !isZero(g) ? [i] : []))
    const given = moving.map((i) => cotangents[i])
    const flowing = given.map(parameter)
    const floats = attrs.parameters.filter((p) => isFloat(p.dtype))
    const branches = halves(attrs).map((branch) =>
      reverse(
        moving.map((i) => branch[i]),
        flowing,
        floats,
      ),
    )
    const isReached = (k: number): boolean => branches.some((slopes) => !isZero(slopes[k]))
    const targets = floats.filter((_, k) => isReached(k))
    const gradients = applyAll(condOp, [predicate, ...inputs, ...given], {
      parameters: [...attrs.parameters, ...flowing],
      results: branches.flatMap((slopes) => slopes.filter((_, k) => isReached(k))),
    })
    return [null, ...attrs.parameters.map((p) => gradients[targets.indexOf(p)] ?? null)]
  },
  form: {
    kind: 'kernel',
    graphs: ({ results }) => results,
    steps: (node, context) => [
      {
        type: 'cond',
        label: 'cond',
        scope: node.origin.scope,
        predicate: context.bufferOf(node.inputs[0]),
        branches: branchesOf(node, context),
      },
    ],
  },
})

function branchesOf(
  { attrs, inputs: [, ...inputs], outputs }: Node<CondAttrs>,
  { bufferOf, isRead, scratch, compile }: StepContext,
): [Nested, Nested] {
  const at = (t: Tensor): Place => ({ buffer: bufferOf(t), first: 0, count: 1 })
  const [a, b] = halves(attrs).map((branch) => {
    const places = new Map(inputs.map((t, i) => [attrs.parameters[i], at(t)]))
    const { plan, sources } = compile(
      branch.flatMap((t, i) => {
        if (!isRead(outputs[i])) return []
        const target = parameter(t)
        places.set(target, at(outputs[i]))
        return [[target, t] as const]
      }),
    )
    return { plan, places: sources.map((t) => places.get(t)!) }
  })
  const arena = scratch('float32', Math.max(a.plan.arenaBytes, b.plan.arenaBytes) / 4)
  return [
    { ...a, arena },
    { ...b, arena },
  ]
}

/** A cond as it was traced. */
const tracedOp: Op<CondAttrs> = defineOp<CondAttrs>({
  name: 'traced cond',
  expandsAt: 'specialise',
  infer,
  decompose: (inputs, traced) => {
    const parameters = inputs.slice(1).map(parameter)
    const results = called(traced, parameters)
    const [a, b] = halves({ parameters, results })
    a.forEach((t, i) => {
      requireSame('cond', `result ${i} of both branches`, t, b[i])
    })
    return applyAll(condOp, inputs, { parameters, results })
  },
})

/** `onTrue` of the operands where `predicate`, a bool scalar, is true, else `onFalse`. One branch runs, where the
 * backend has conds; others run both and choose. Results are tensors, or lists and records of them, alike in both
 * branches. Gradients pass through the branch taken; the other can be NaN or infinite without a trace. Both functions
 * are called once, to build the graph, and may use tensors that are no operands.
 * @throws DTypeError, ShapeError where the predicate is no bool scalar, or results differ
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.lax.cond.html
 * @example const y = cond(greater(x, 0), (v) => sqrt(v), (v) => neg(v), x) */
export function cond<R extends Tree>(
  predicate: TensorLike,
  onTrue: (...operands: Tensor[]) => R,
  onFalse: (...operands: Tensor[]) => Tree,
  ...operands: readonly TensorLike[]
): Traced<R> {
  for (const branch of [onTrue, onFalse]) demandFunction('cond', branch)
  const choice = asTensor(predicate)
  if (choice.dtype !== 'bool') throw new DTypeError(`cond: a bool required, got ${describe(choice)}; compare it`)
  if (choice.rank) throw new ShapeError(`cond: a scalar required, got ${describe(choice)}; use where, or any or all`)
  const given = operands.map((x) => asTensor(x))
  const parameters = given.map(parameter)
  const before = ambient.nodes
  const [a, b] = [onTrue, onFalse].map((branch): Tree => present('cond', branch(...parameters)))
  const [left, right] = [a, b].map((tree) => leavesOf(tree, 'result'))
  if (pathsOf(left) !== pathsOf(right))
    throw new ShapeError(`cond: both branches must give one structure, got ${pathsOf(left)} and ${pathsOf(right)}`)
  const results = [...left, ...right].map(([, leaf]) => asTensor(leaf))
  const n = left.length
  left.forEach(([path], i) => {
    requireSame('cond', `${path} of both branches`, results[i], results[n + i])
  })
  // What a branch makes is made only if the branch is taken.
  const { body, captured } = closed(results, parameters, (node) => node.id > before)
  return filledWith(a, [...applyAll(tracedOp, [choice, ...given, ...captured], body)]) as Traced<R>
}
