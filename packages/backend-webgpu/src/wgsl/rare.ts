import { circular, hyperbolic } from './circular.ts'
import { halves } from './half.ts'
import { remainder } from './remainder.ts'
import { special } from './special.ts'

/** Declarations that most programs do without: they are loaded with the first that needs them. */
export const rare = (hasHalf: boolean): string => [halves(hasHalf), circular, hyperbolic, remainder, special].join('\n')
