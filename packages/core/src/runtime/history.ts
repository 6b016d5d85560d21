import type { Node } from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { copyOf, type HostArray } from '../host.ts'
import { valueOp } from '../ops/leaf.ts'

/** How many computed values in a row a value keeps behind it for gradients, where none was made with `requiresGrad`:
 * more than a loop that is meant to be differentiated whole has, few enough to hold in memory. There are twice as many
 * at most. */
const KEPT_AGE = 1000
/** Bytes that count as one more: 128 MB at most wait behind a value. */
const BYTES = 65_536

const isComputed = (node: Node): boolean => node.op.form.kind === 'leaf' || node.outputs.every((t) => t.memo)

/** Tensors to compute, and what lies behind them whose value is to be kept, so that a loop that reads its loss alone
 * goes on from numbers too. */
export function withKept(tensors: readonly Tensor[]): readonly Tensor[] {
  const asked = new Set(tensors)
  const isMissing = (t: Tensor): boolean => (t.isKept || t.requiresGrad) && !t.memo && !asked.has(t)
  const behind = topological(tensors, isComputed).filter((node) => node.op.form.kind !== 'leaf')
  return [...tensors, ...behind.flatMap(({ outputs }) => outputs.filter(isMissing))]
}

/** Keeps values that were computed and can never change, because nothing behind them is fed or a variable. */
export function remember(tensors: readonly Tensor[], values: readonly HostArray[]): void {
  tensors.forEach((t, i) => {
    if (t.memo) return
    const behind = topological([t], isComputed)
    if (!behind.every(isConstant)) return
    t.memo = copyOf(values[i])
    settle(t.node, behind)
  })
}

const isConstant = ({ op: { form }, outputs }: Node): boolean =>
  form.kind !== 'leaf' || form.source === 'value' || outputs.every((t) => t.memo)

/** Counts what is behind a computed node, and lets go of it where no gradient will ask for it. */
function settle(node: Node, behind: readonly Node[]): void {
  if (!node.outputs.every((t) => t.memo)) return
  let age = 0
  for (const n of behind) {
    if (n === node) continue
    age = Math.max(age, n.age)
    if (n.outputs.some((t) => t.requiresGrad)) age = Infinity
  }
  node.age = node.outputs.reduce((sum, { memo }) => sum + memo!.data.byteLength / BYTES, age + 1)
  if (!node.tracked) forget(node)
  else if (node.age < Infinity && periodOf(node.age) > periodOf(age)) forgetBefore(node)
}

const periodOf = (age: number): number => Math.floor(age / KEPT_AGE)

/** Lets go of what is older than a node by more than is kept; gradients of what is newer may be on their way. */
function forgetBefore(node: Node): void {
  for (const n of topological(node.outputs)) {
    if (n.age > 0 && n.age <= node.age - KEPT_AGE && n.op.form.kind !== 'leaf') forget(n)
  }
}

/** Makes a computed node a leaf of its value, of the same age. */
function forget(node: Node): void {
  const [{ shape, dtype, memo }] = node.outputs
  Object.assign(node, { op: valueOp, attrs: { shape, dtype, host: memo }, inputs: [] })
}
