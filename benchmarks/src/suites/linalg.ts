import { nodeHost } from '../hosts/node.ts'
import { linalgWorkloads } from '../linalg/workloads.ts'
import { rounds, type Entry } from './rounds.ts'
import { matches, type Suite } from './suite.ts'

const own: readonly Entry[] = [
  ['gradloom', 1],
  ['gradloom', 2],
]
/** ml-matrix and jax-js use one thread in Node. */
const others: readonly Entry[] = [
  ['ml-matrix', 1],
  ['jax-js', 1],
  ['numpy', 1],
  ['numpy', 2],
  ['pytorch', 1],
  ['pytorch', 2],
]

/** Decompositions and solvers in Node, every contender in a process of its own. */
export const linalgSuite: Suite = (flags) => {
  const workloads = linalgWorkloads(flags.small).filter(({ id }) => matches(id, flags.filter))
  return rounds('linalg', nodeHost, flags.peers ? [...own, ...others] : own, flags, workloads)
}
