import { infoOf, inOrder, type Scalar } from '../scalar.ts'
import type { Numbering } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'

/** What computing one element of a value takes. */
export interface Cost {
  /** Instructions. */
  readonly size: number
  /** Instructions in units of a simple one. */
  readonly weight: number
}

/** A formula as a list, operands first: each part with the positions of its operands. */
export interface Formula extends Cost {
  readonly parts: readonly { readonly scalar: Scalar; readonly args: readonly number[] }[]
}

function listed(formula: Scalar): Formula {
  const positions = new Map<Scalar, number>()
  const parts: Formula['parts'][number][] = []
  let size = 0
  let weight = 0
  for (const scalar of inOrder(formula)) {
    positions.set(scalar, parts.length)
    parts.push({ scalar, args: scalar.args.map((arg) => positions.get(arg)!) })
    const { op } = scalar
    if (op === 'input' || op === 'const') continue
    size++
    weight += infoOf(op).cost
  }
  return { parts, size, weight }
}

/** Gives the formulas of maps, null for other values. Each is asked for once, and those that ops share are listed
 * once. */
export function createFormulas(numbers: Numbering): (t: Tensor) => Formula | null {
  const shared = new Map<Scalar, Formula>()
  const known = numbers.table<Formula>()
  return (t) => {
    const { op, inputs, attrs } = t.node
    const { form } = op
    if (form.kind !== 'map') return null
    return getOrInsert(known, t, () => {
      const formula = form.formula(
        inputs.map((x) => x.dtype),
        attrs,
      )
      return getOrInsert(shared, formula, () => listed(formula))
    })
  }
}
