import { contiguous, sameShape, sizeOf } from '../shape.ts'
import { topological, type Node, type Tensor } from '../graph/tensor.ts'
import type { Op } from '../graph/op.ts'
import { scalarInputs, type Scalar } from '../scalar.ts'
import { linear, moving, own, through, type Affine } from './affine.ts'

export type Kind = 'leaf' | 'inline' | 'view' | 'alias' | 'reduction' | 'contraction' | 'assemble' | 'kernel'

export const kindOf = (t: Tensor): Kind => {
  const { op, inputs, attrs } = t.node
  if (op.expr || op.literal || op.index) return 'inline'
  if (op.view) return op.view(inputs[0], attrs, t) === 'alias' ? 'alias' : 'view'
  return op.leaf
    ? 'leaf'
    : op.reduction
      ? 'reduction'
      : op.contraction
        ? 'contraction'
        : op.assemble
          ? 'assemble'
          : 'kernel'
}

/** The value behind views, up to one that is `stored`, and the map to it. */
export function resolve(
  t: Tensor,
  map: Affine,
  rank: number,
  stored?: ReadonlySet<Tensor>,
): { base: Tensor; map: Affine } {
  while (kindOf(t) === 'view' && !stored?.has(t)) {
    const input = t.node.inputs[0]
    map = through(
      map,
      t.node.op.view!(input, t.node.attrs, t) as Exclude<ReturnType<NonNullable<Op['view']>>, 'alias'>,
      rank,
    )
    t = input
  }
  return { base: t, map }
}

/** The value behind views, and where it has the elements of t along the axes that move. */
export function strided(
  t: Tensor,
  stored?: ReadonlySet<Tensor>,
): { base: Tensor; axes: readonly number[]; offset: number; strides: readonly number[] } {
  const axes = moving(t.shape)
  const { base, map } = resolve(t, own(t.shape), axes.length, stored)
  return { base, axes, ...linear(map, base.shape, axes.length) }
}

/** The value behind views. */
export function behind(t: Tensor): Tensor {
  while (kindOf(t) === 'view') t = t.node.inputs[0]
  return t
}

/** Scalar instructions that cost about as much as a polynomial; the rest cost about one each. */
const SLOW = /exp|log|sin|cos|tan|erf|gamma|sigmoid|pow|hypot|philox|rem/

/** Instructions of a formula and their weight: 1 each, 4 for div and sqrt, 8 for the slow ones. */
function weigh(t: Tensor): { size: number; weight: number } {
  const { op, inputs, attrs } = t.node
  if (!op.expr) return { size: 1, weight: 0 }
  let size = 0
  let weight = 0
  const seen = new Set<Scalar>()
  const visit = (s: Scalar): void => {
    if (seen.has(s)) return
    seen.add(s)
    s.args.forEach(visit)
    if (s.op === 'input' || s.op === 'const') return
    size++
    weight += SLOW.test(s.op) ? 8 : s.op === 'div' || s.op === 'sqrt' ? 4 : 1
  }
  visit(op.expr(scalarInputs(inputs.map((x) => x.dtype)), attrs))
  return { size, weight }
}

/** Instructions that one value may have inlined: bounds the recursion and the registers of a kernel. */
const MAX_INLINE = 64
/** Weight below which computing again beats storing and reading: a float load costs about as much. */
const CHEAP = 2
/** Weight below which a value may be computed again for every element that it is broadcast to. */
const CHEAP_BROADCAST = 4

/** Which values get a buffer. Values that are `inlined` are computed where they are used. */
export interface Demand {
  readonly order: readonly Node[]
  /** Needed as a whole contiguous buffer: results, kernel inputs, what is reshaped. A view among them is copied. */
  readonly whole: ReadonlySet<Tensor>
  /** Values that share the buffer of another. */
  readonly same: ReadonlyMap<Tensor, Tensor>
  inlined(t: Tensor): boolean
  weight(t: Tensor): number
  size(t: Tensor): number
}

/** Whether matrices that all meet one other could be rows of one product, were they stored in order, and are small
 * enough to be: a product prepares k x n numbers, so that copying m x k is less. */
function scattersRows(a: Tensor, b: Tensor): boolean {
  const lead = a.rank - 2
  const { axes, strides } = strided(a)
  const along = axes.filter((axis) => axis <= lead)
  return (
    lead > 0 &&
    b.rank === 2 &&
    a.shape[lead] < b.shape[1] &&
    along.some((axis, i) => i > 0 && strides[i - 1] !== a.shape[axis] * strides[i])
  )
}

/** Decides what is stored. `owned`: results that must not be a leaf's own buffer. */
export function demand(owned: readonly Tensor[], fuse: boolean): Demand {
  const order = topological(owned)
  const whole = new Set<Tensor>()
  const same = new Map<Tensor, Tensor>()
  const require = (t: Tensor): void => {
    const { base, axes, offset, strides } = strided(t)
    if (
      base !== t &&
      offset === 0 &&
      sizeOf(base.shape) === sizeOf(t.shape) &&
      sameShape(strides, contiguous(axes.map((i) => t.shape[i])))
    ) {
      require(base)
      same.set(t, base)
    } else whole.add(t)
  }
  const users = new Map<Tensor, { count: number; elements: number }>()
  const use = (t: Tensor, elements: number): void => {
    const base = behind(t)
    const have = users.get(base)
    users.set(base, { count: (have?.count ?? 0) + 1, elements: Math.max(have?.elements ?? 0, elements) })
  }
  for (const t of owned) {
    if (kindOf(t) !== 'leaf') require(t)
    use(t, 0)
  }
  for (const node of order) {
    const kind = kindOf(node.outputs[0])
    for (const t of node.inputs) {
      if (kind === 'kernel' || kind === 'alias') require(t)
      else if (kind === 'contraction') {
        if (t === node.inputs[0] && scattersRows(t, node.inputs[1])) require(t)
        else whole.add(behind(t))
      } else if (kind !== 'view') use(t, kind === 'inline' ? sizeOf(node.outputs[0].shape) : sizeOf(t.shape))
    }
  }
  for (const t of whole) if (kindOf(t) === 'view') use(t, sizeOf(t.shape))
  const facts = new Map<Tensor, { size: number; weight: number; reads: number; inlined: boolean }>()
  for (const node of order) {
    const t = node.outputs[0]
    if (kindOf(t) !== 'inline') continue
    let { size, weight } = weigh(t)
    let reads = 0
    for (const input of node.inputs) {
      const f = facts.get(behind(input))
      if (f?.inlined) {
        size += f.size
        weight += f.weight
        reads += f.reads
      } else reads++
    }
    const { count, elements } = users.get(t) ?? { count: 0, elements: 0 }
    const expanding = elements > sizeOf(t.shape)
    const again = weight <= CHEAP && reads <= 1
    const inlined =
      !whole.has(t) &&
      size <= MAX_INLINE &&
      (!node.op.expr || (fuse && (again || (count <= 1 && (!expanding || weight <= CHEAP_BROADCAST)))))
    facts.set(t, { size, weight, reads, inlined })
  }
  return {
    order,
    whole,
    same,
    inlined: (t) => facts.get(t)?.inlined ?? false,
    weight: (t) => facts.get(t)?.weight ?? 0,
    size: (t) => facts.get(t)?.size ?? 1,
  }
}
