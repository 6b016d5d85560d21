import type { Step } from '@gradloom/core'
import { shape } from '../format.ts'

/** What a step goes over: the sides of a product, the results of a kernel, the elements of a loop and what each of them
 * sums over, the positions of a scan. */
export function spaceOf(step: Step): string {
  switch (step.type) {
    case 'contraction': {
      const { batch, m, n, k } = step
      return `${shape([...batch, m, k])} x ${shape([...batch, k, n])}`
    }
    case 'kernel':
      return step.outputs.map((output) => shape(output.shape)).join(', ')
    case 'loop':
      return step.inner.length ? `${shape(step.outer)}, each over ${shape(step.inner)}` : shape(step.outer)
    case 'scan':
      return `${step.length} positions`
    case 'cond':
      return 'one of two plans'
  }
}
