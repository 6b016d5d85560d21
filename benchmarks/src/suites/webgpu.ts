import { nodeHost } from '../hosts/node.ts'
import type { Workload } from '../workload.ts'
import { rounds, type Entry } from './rounds.ts'
import { chosen, type Suite } from './suite.ts'

const own: readonly Entry[] = [['gradloom-webgpu', 1]]
const others: readonly Entry[] = [
  ['jax-js-webgpu', 1],
  ['tfjs-webgpu', 1],
]

/** In float32, of sizes that an adapter in software can do. */
const isSmall = (w: Workload): boolean => {
  if (w.kind === 'matmul') return w.dtype === 'float32' && w.size <= 512
  if (w.kind === 'train') return !w.eager
  return w.kind === 'softmax' || w.kind === 'layerNorm'
}

/** WebGPU in Node, everyone on the same adapter, each in a process of its own. */
export const webgpuSuite: Suite = (flags) =>
  rounds('webgpu', nodeHost, flags.peers ? [...own, ...others] : own, flags, chosen(flags.filter).filter(isSmall))
