import { isFloat } from '../dtype.ts'
import { asTensor } from '../graph/apply.ts'
import { elementwise, type Unary } from './elementwise.ts'

/** Integers are whole already. */
function rounding(name: 'floor' | 'ceil' | 'round'): Unary {
  const onFloats = elementwise(name, (x) => x.unary(name))
  return (x) => {
    const t = asTensor(x)
    return isFloat(t.dtype) ? onFloats(t) : t
  }
}

/** The largest whole number that is at most x. Its gradient is 0. */
export const floor: Unary = rounding('floor')
/** The smallest whole number that is at least x. Its gradient is 0. */
export const ceil: Unary = rounding('ceil')
/** The nearest whole number, halves to the even one. Its gradient is 0. */
export const round: Unary = rounding('round')
