import { contiguous, sameShape, sizeOf } from '../shape.ts'
import type { Node } from '../graph/node.ts'
import type { Numbering } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import { createFormulas, type Cost, type Formula } from './formula.ts'
import type { Targets } from './assign.ts'
import { dimsOf, isEven, orderOf, reducedBy, takenBy } from './producers.ts'
import { sequence } from './sequence.ts'
import { createViews, type Views } from './views.ts'

/** Instructions that one value may have inlined: bounds the recursion and the registers of a kernel. */
const MAX_INLINE = 64
/** Weight below which computing again beats storing and reading: a float load costs about as much. */
const CHEAP = 2
/** Weight below which a value may be computed again for every element that it is broadcast to. */
const CHEAP_BROADCAST = 4

/** Terms that a sum of large values takes at once. Gradients of what is used many times are added as they come, a few
 * at a time, or all of them would be there until the last is. */
const MOST_TERMS = 3
const LARGE = 1 << 14

/** Which values get a buffer, and which are computed where they are used. */
export interface Stored extends Views {
  readonly order: readonly Node[]
  /** Needed as a whole contiguous buffer: results, kernel inputs, what is reshaped. A view among them is copied. */
  isWhole(t: Tensor): boolean
  /** The value that holds the elements of another, if need be after several steps. */
  holderOf(t: Tensor): Tensor
  /** Computed where it is used, never stored. */
  isInlined(t: Tensor): boolean
  /** Of a value and all that it has inlined. */
  costOf(t: Tensor): Cost
  /** Whether a sum goes on from one that has as many terms as are taken at once: it is computed after that. */
  goesOn(t: Tensor): boolean
  /** What computes an element of a map, null for other values. */
  formulaOf(t: Tensor): Formula | null
  /** A number for each value. */
  numberOf(t: Tensor): number
}

/** How often a value is used, and for how many elements at most. */
interface Uses {
  count: number
  elements: number
  /** Every user runs where the value does. */
  isLocal: boolean
}
/** Of what has no formula. */
const ONE: Cost = { size: 1, weight: 0 }
interface InlineCost extends Cost {
  /** Stored values that it reads. */
  readonly reads: number
  readonly isInlined: boolean
}

/** Decides what is stored. `results` must not be a leaf's own buffer. */
export function decideStorage(results: readonly Tensor[], targets: Targets, numbers: Numbering): Stored {
  const views = createViews(numbers)
  const formulaOf = createFormulas(numbers)
  const { kindOf, strided, baseOf } = views
  const order = sequence(results)
  const whole = numbers.table<true>()
  const aliasOf = numbers.table<Tensor>()
  const uses = numbers.table<Uses>()

  const require = (t: Tensor): void => {
    const { base, axes, offset, strides } = strided(t)
    const isAll = base !== t && offset === 0 && sizeOf(base.shape) === sizeOf(t.shape)
    if (!isAll || !sameShape(strides, contiguous(axes.map((i) => t.shape[i])))) {
      whole.set(t, true)
      return
    }
    aliasOf.set(t, base)
    require(base)
  }
  const use = (t: Tensor, elements: number, target: number): void => {
    const base = baseOf(t)
    const isLocal = targets.of(base.node) === target
    const have = uses.get(base)
    if (!have) uses.set(base, { count: 1, elements, isLocal })
    else {
      have.count++
      have.elements = Math.max(have.elements, elements)
      have.isLocal &&= isLocal
    }
  }
  /** Whether matrices that all meet one other could be rows of one product, were they stored in order, and are small
   * enough to be: a product prepares k x n numbers, so that copying m x k is less. */
  const scattersRows = (a: Tensor, b: Tensor): boolean => {
    const lead = a.rank - 2
    if (lead <= 0 || b.rank !== 2 || a.shape[lead] >= b.shape[1]) return false
    const { axes, strides } = strided(a)
    const rows = axes.filter((axis) => axis <= lead)
    return rows.some((axis, i) => i > 0 && strides[i - 1] !== a.shape[axis] * strides[i])
  }
  const readBy = (node: Node): void => {
    const kind = kindOf(node.outputs[0])
    const target = targets.of(node)
    for (const t of node.inputs) {
      if (kind === 'kernel' || kind === 'alias') require(t)
      else if (kind === 'contract') {
        if (t === node.inputs[0] && scattersRows(t, node.inputs[1])) require(t)
        else whole.set(baseOf(t), true)
      } else if (kind !== 'view') use(t, sizeOf((kind === 'map' ? node.outputs[0] : t).shape), target)
    }
  }

  for (const t of results) {
    if (kindOf(t) !== 'leaf') require(t)
    use(t, 0, targets.of(baseOf(t).node))
  }
  order.forEach(readBy)
  for (const { outputs } of order) {
    for (const t of outputs) if (whole.has(t) && kindOf(t) === 'view') use(t, sizeOf(t.shape), targets.of(t.node))
  }

  const inline = numbers.table<InlineCost>()
  // Sums of values that are stored, and of such sums: whether each takes as many terms as may be, or goes on from one.
  const sums = numbers.table<{ readonly isFull: boolean; readonly goesOn: boolean }>()
  const isPlainSum = (t: Tensor): boolean => {
    const parts = formulaOf(t)?.parts
    if (parts?.length !== 3 || parts[2].scalar.op !== 'add' || sizeOf(t.shape) < LARGE) return false
    return t.node.inputs.every((x) => sameShape(x.shape, t.shape) && (!isInlined(baseOf(x)) || sums.has(baseOf(x))))
  }
  const isInlined = (t: Tensor): boolean => inline.get(t)?.isInlined ?? false
  /** A sum that takes dimensions as one reads what runs through them as one, and no sum has other floats in what it is
   * made of, or that is stored before. */
  const storeUneven = (t: Tensor): void => {
    const sums = orderOf(t, views)
    if (!sums) return
    const taken = takenBy(t, views, isInlined)
    const isUneven = sums === 'merged' && !isEven(taken, dimsOf(t), reducedBy(t)!)
    if (!isUneven && (t.dtype === 'float64' || !taken.isWide)) return
    const base = baseOf(t.node.inputs[0])
    inline.set(base, { ...inline.get(base)!, isInlined: false })
  }
  const followsFull = (t: Tensor): boolean => {
    const sum = sums.get(t)
    return sum !== undefined && (sum.isFull || (sum.goesOn && isInlined(t)))
  }
  for (const node of order) {
    const t = node.outputs[0]
    storeUneven(t)
    if (kindOf(t) !== 'map') continue
    let { size, weight } = formulaOf(t) ?? ONE
    let reads = 0
    for (const input of node.inputs) {
      const inner = inline.get(baseOf(input))
      if (!inner?.isInlined) reads++
      else {
        size += inner.size
        weight += inner.weight
        reads += inner.reads
      }
    }
    const isSum = isPlainSum(t)
    const isFull = isSum && reads >= MOST_TERMS
    if (isSum) sums.set(t, { isFull, goesOn: node.inputs.some((x) => followsFull(baseOf(x))) })
    inline.set(t, { size, weight, reads, isInlined: !isFull && isWorthInlining(t, { size, weight }, reads) })
  }
  function isWorthInlining(t: Tensor, { size, weight }: Cost, reads: number): boolean {
    if (whole.has(t) || size > MAX_INLINE) return false
    // Literals and positions cost nothing anywhere.
    if (t.node.op.form.kind !== 'map') return true
    const { count, elements, isLocal } = uses.get(t) ?? { count: 0, elements: 0, isLocal: true }
    if (!isLocal || !targets.fuses(targets.of(t.node))) return false
    if (weight <= CHEAP && reads <= 1) return true
    return count <= 1 && (elements <= sizeOf(t.shape) || weight <= CHEAP_BROADCAST)
  }
  const holds = (t: Tensor): Tensor => {
    const alias = aliasOf.get(t)
    if (alias) return alias
    const kind = kindOf(t)
    if (kind === 'alias') return t.node.inputs[0]
    return kind === 'view' && !whole.has(t) ? baseOf(t) : t
  }
  return {
    ...views,
    order,
    isWhole: whole.has,
    holderOf(t) {
      for (;;) {
        const next = holds(t)
        if (next === t) return t
        t = next
      }
    },
    isInlined,
    goesOn: (t) => sums.get(t)?.goesOn ?? false,
    costOf: (t) => inline.get(t) ?? ONE,
    formulaOf,
    numberOf: (t) => numbers.of(t.node) + t.index,
  }
}
