import { infoOf, inOrder, type Scalar } from '../scalar.ts'
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

/** Gives the formulas of maps, null for other values. Those that ops share are listed once. */
export function createFormulas(): (t: Tensor) => Formula | null {
  const known = new Map<Scalar, Formula>()
  return (t) => {
    const { op, inputs, attrs } = t.node
    if (op.form.kind !== 'map') return null
    const dtypes = inputs.map((x) => x.dtype)
    const formula = op.form.formula(dtypes, attrs)
    return getOrInsert(known, formula, () => listed(formula))
  }
}
