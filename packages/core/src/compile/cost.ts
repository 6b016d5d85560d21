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

const ONE: Cost = { size: 1, weight: 0 }

function costOfFormula(formula: Scalar): Cost {
  let size = 0
  let weight = 0
  for (const { op } of inOrder(formula)) {
    if (op === 'input' || op === 'const') continue
    size++
    weight += infoOf(op).cost
  }
  return { size, weight }
}

/** Costs of values. Formulas that ops share are counted once. */
export function createCosts(): (t: Tensor) => Cost {
  const known = new Map<Scalar, Cost>()
  return (t) => {
    const { op, inputs, attrs } = t.node
    if (op.form.kind !== 'map') return ONE
    const formula = op.form.formula(
      inputs.map((x) => x.dtype),
      attrs,
    )
    return getOrInsert(known, formula, () => costOfFormula(formula))
  }
}
