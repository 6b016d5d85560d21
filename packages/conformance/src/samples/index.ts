import { binarySamples } from './binary.ts'
import { contractionSamples } from './contraction.ts'
import { controlSamples } from './control.ts'
import { gatherSamples } from './gather.ts'
import { movementSamples } from './movement.ts'
import { randomSamples } from './random.ts'
import { reduceSamples } from './reduce.ts'
import type { Sample } from './sample.ts'
import { statedSamples } from './stated.ts'
import { unarySamples } from './unary.ts'

/** Samples of every public function of core. */
export const samples: readonly Sample[] = [
  ...statedSamples,
  ...unarySamples,
  ...binarySamples,
  ...reduceSamples,
  ...movementSamples,
  ...gatherSamples,
  ...contractionSamples,
  ...controlSamples,
  ...randomSamples,
]
