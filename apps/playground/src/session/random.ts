import { philox4x32 } from '@gradloom/core'

/** Numbers of a seed, for data: in [0, 1), and normal ones. */
export interface Random {
  uniform(): number
  normal(): number
}

export function createRandom(seed: number): Random {
  let index = 0
  const uniform = (): number => philox4x32([index++, 0, 0, 0], [seed >>> 0, 0x67726164])[0] / 2 ** 32
  return {
    uniform,
    // Box and Muller; 1 - u is never 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  }
}
