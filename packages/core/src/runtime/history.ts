import { ambient, type Evaluates } from '../graph/ambient.ts'
import type { Node } from '../graph/node.ts'
import { stopsGradients } from '../graph/op.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { copyOf, type HostArray } from '../host.ts'
import { RUN_COUNTER, valueOp, type ValueAttrs } from '../ops/leaf.ts'

/** How many computed values in a row a value keeps behind it for gradients, where none was made with `requiresGrad`:
 * more than a loop that is meant to be differentiated whole has, few enough to hold in memory. There are twice as many
 * at most. */
const KEPT_AGE = 1000
/** Bytes that count as one more: 32 MB at most wait behind a value. */
const BYTES = 16_384

/** Evaluations that a value waits for, at most. Held by weak references, values would stay to the end of a loop that
 * awaits nothing from outside, which clears no such reference. */
const MOST_PASSED = 8

const isWork = ({ op }: Node): boolean => op.form.kind !== 'leaf'
const isComputed = (node: Node): boolean => !isWork(node) || node.outputs.every((t) => t.memo)

/**
 * Tensors to compute, and those to be kept that are computed with them: what lies behind them, so that a loop that
 * reads its loss alone goes on from numbers too, and what shares work with them and is made of numbers alone, so that
 * the update of a step whose loss is read does not compute its forward pass again. What others go on from, that is then
 * computed for the second time, is kept as well: a loop that builds on it would else be computed from its beginning.
 */
export function withKept(tensors: readonly Tensor[], owner: Evaluates): readonly Tensor[] {
  const own = behind(tensors)
  const along = ambient.awaited.length ? awaitedWith(new Set(own.filter(isWork)), owner) : []
  const all = along.length ? behind([...tensors, ...along]) : own
  const varies = varying(all, owner)
  const more = new Set(along)
  const work = all.filter(isWork)
  for (const { age, inputs, outputs } of work) {
    for (const t of outputs) if ((t.isKept || t.requiresGrad) && !t.memo) more.add(t)
    for (const t of inputs) if (!age && t.node.age < 0 && !t.memo && !varies.has(t.node)) more.add(t)
  }
  for (const node of work) node.age ||= -1
  for (const t of tensors) more.delete(t)
  return [...tensors, ...more]
}

/** What has to be computed for values, and what that begins with, inputs first. */
const behind = (tensors: readonly Tensor[]): Node[] => topological(tensors, isComputed)

/** Those of some nodes, inputs first, that are not made of numbers alone: fed, a variable's, or another runtime's. */
function varying(nodes: readonly Node[], owner: Evaluates): Set<Node> {
  const varies = new Set<Node>()
  for (const node of nodes) if (isOutside(node, owner) || node.inputs.some((t) => varies.has(t.node))) varies.add(node)
  return varies
}

/** The awaited values that are made of numbers alone and, in part, by `work`. They are awaited no longer, and neither
 * is what never is a number, or has waited long. */
function awaitedWith(work: ReadonlySet<Node>, owner: Evaluates): Tensor[] {
  const waiting = ambient.awaited.filter(({ tensor }) => !tensor.memo)
  const awaited = waiting.map(({ tensor }) => tensor)
  const shares = new Set<Node>()
  const all = behind(awaited)
  const varies = varying(all, owner)
  for (const node of all) if (work.has(node) || node.inputs.some((t) => shares.has(t.node))) shares.add(node)
  ambient.awaited = waiting.filter((one) => {
    const { node } = one.tensor
    return !shares.has(node) && !varies.has(node) && ++one.passed < MOST_PASSED
  })
  return awaited.filter(({ node }) => shares.has(node) && !varies.has(node))
}

/** Whether a value is fed, a variable's, or another runtime's. */
function isOutside(node: Node, owner: Evaluates): boolean {
  const home = isWork(node) ? undefined : (node.attrs as ValueAttrs).owner
  return !isConstant(node) || (home !== undefined && home !== owner)
}

/** Has the value of `t` kept once it is computed: on the way to another, or with one that it shares work with. Later
 * graphs begin there, as those of loops do. */
export function keep(t: Tensor): Tensor {
  if (!t.isKept && !t.memo) ambient.awaited.push({ tensor: t, passed: 0 })
  t.isKept = true
  return t
}

/** Keeps values that were computed and can never change, because nothing behind them is fed or a variable. Who asked
 * gets the first `asked` of them, so these are copied. */
export function remember(tensors: readonly Tensor[], values: readonly HostArray[], asked: number): void {
  const places = new Map(tensors.map((t, i) => [t, i]))
  /** Of what can never change. */
  const ages = new Map<Node, number>()
  const late: Node[] = []
  for (const node of topological(tensors, isComputed)) {
    const isEnd = isComputed(node)
    if (isEnd ? !isConstant(node) : node.inputs.some((t) => !ages.has(t.node))) continue
    for (const t of node.outputs) {
      const i = places.get(t)
      if (!t.memo && i !== undefined) t.memo = i < asked ? copyOf(values[i]) : values[i]
    }
    let age = isEnd ? node.age : 0
    if (!isEnd) {
      for (const { node: before } of node.inputs) age = Math.max(age, ages.get(before)!)
      if (node.outputs.every((t) => t.memo)) age = settle(node, age, late)
    }
    ages.set(node, node.outputs.some((t) => t.requiresGrad) ? Infinity : age)
  }
  if (late.length) forgetBefore(late)
}

/** Evaluations are all first runs, so that their number is one too. */
const isConstant = ({ op: { form }, attrs, outputs }: Node): boolean =>
  form.kind !== 'leaf' ||
  form.source === 'value' ||
  (attrs as { readonly name?: string }).name === RUN_COUNTER ||
  outputs.every((t) => t.memo)

/** Counts a computed node after the age of what is behind it, and lets go of it where no gradient will ask for it.
 * @param late gets those behind which something has become too old */
function settle(node: Node, before: number, late: Node[]): number {
  node.age = node.outputs.reduce((sum, { memo }) => sum + memo!.data.byteLength / BYTES, before + 1)
  // Gradients of what has `requiresGrad` would wait for ever where none can pass.
  if (node.age < Infinity ? !node.tracked : stopsGradients(node)) forget(node)
  else if (periodOf(node.age) > periodOf(before)) late.push(node)
  return node.age
}

const periodOf = (age: number): number => Math.floor(age / KEPT_AGE)

/** Lets go of what is older than all of these nodes by more than is kept; gradients of what is newer may be on their
 * way. */
function forgetBefore(late: readonly Node[]): void {
  const oldest = late.reduce((least, { age }) => Math.min(least, age), Infinity) - KEPT_AGE
  const isOld = (n: Node): boolean => n.age > 0 && n.age <= oldest
  // What is behind an old one goes with it.
  const reached = topological(
    late.flatMap((node) => node.outputs),
    isOld,
  )
  for (const n of reached) if (isOld(n) && isWork(n)) forget(n)
}

/** Makes a computed node a leaf of its value, of the same age. */
function forget(node: Node): void {
  const [{ shape, dtype, memo }] = node.outputs
  Object.assign(node, { op: valueOp, attrs: { shape, dtype, host: memo }, inputs: [], depth: 0 })
}
