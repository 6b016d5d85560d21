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

/** What is measured where no filter asks for more: an adapter in software takes seconds for what a card does at once,
 * and peers take several times as long. */
const STANDARD = [/^mlp step, batch 64/, /^cnn step/, /^gpt step/, /^sgemm 512 A·B$/]
const isStandard = ({ id }: Workload): boolean => STANDARD.some((name) => name.test(id))

/** WebGPU in Node, everyone on the same adapter, each in a process of its own. */
export const webgpuSuite: Suite = (flags) => {
  const small = chosen(flags.filter).filter(isSmall)
  const workloads = flags.filter ? small : small.filter(isStandard)
  return rounds('webgpu', nodeHost, flags.peers ? [...own, ...others] : own, flags, workloads)
}
