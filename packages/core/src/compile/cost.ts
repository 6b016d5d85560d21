import { infoOf, type Scalar } from '../scalar.ts'
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
  const seen = new Set<Scalar>()
  const visit = (s: Scalar): void => {
    if (seen.has(s)) return
    seen.add(s)
    s.args.forEach(visit)
    if (s.op === 'input' || s.op === 'const') return
    size++
    weight += infoOf(s.op).cost
  }
  visit(formula)
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
