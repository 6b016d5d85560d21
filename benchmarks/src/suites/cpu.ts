import { nodeHost } from '../hosts/node.ts'
import { firstSteps } from './first-step.ts'
import { rounds, type Entry } from './rounds.ts'
import type { Suite } from './suite.ts'

const own: readonly Entry[] = [
  ['gradloom', 1],
  ['gradloom', 2],
  ['blas-wasm', 1],
  ['blas-wasm', 2],
]
/** tfjs-wasm and jax-js use one thread in Node, whatever there are. */
const others: readonly Entry[] = [
  ['tfjs-wasm', 1],
  ['jax-js', 1],
  ['onnxruntime-web', 1],
  ['onnxruntime-web', 2],
  ['numpy', 1],
  ['numpy', 2],
  ['pytorch', 1],
  ['pytorch', 2],
]

/** Node, every contender in a process of its own. */
export const cpuSuite: Suite = async (flags) => [
  ...(await rounds('cpu', nodeHost, flags.peers ? [...own, ...others] : own, flags)),
  ...(await firstSteps(
    'cpu',
    nodeHost,
    flags.peers ? ['gradloom', 'tfjs-wasm', 'jax-js', 'pytorch'] : ['gradloom'],
    flags,
  )),
]
