import { availableParallelism } from 'node:os'
import type { ContenderName } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import type { Guest, Host } from '../hosts/host.ts'
import { nodeHost } from '../hosts/node.ts'
import { measure } from '../measure.ts'
import { rowsOf, type Row } from '../report/row.ts'
import { lines } from '../report/table.ts'
import { firstSteps } from './first-step.ts'
import { chosen, type Suite } from './suite.ts'

/** Who takes part, with how many threads. tfjs-wasm and jax-js use one in Node, whatever there are. */
const own: readonly (readonly [ContenderName, number])[] = [['gradloom', 1], ['gradloom', 2], ['blas-wasm', 1], ['blas-wasm', 2]]
const others: readonly (readonly [ContenderName, number])[] = [
  ['tfjs-wasm', 1], ['jax-js', 1], ['onnxruntime-web', 1], ['onnxruntime-web', 2], ['numpy', 1], ['numpy', 2], ['pytorch', 1], ['pytorch', 2],
]

/** Node, every contender in a process of its own. */
export const cpuSuite: Suite = async ({ filter, peers, rounds }) => {
  const rows: Row[] = [], guests = await startAll(nodeHost, [...own, ...(peers ? others : [])])
  try {
    for (const workload of chosen(filter)) {
      const outcomes = await measure(workload, guests, { rounds, roundMs: 150, warmMs: 2000 })
      console.log(lines(workload, outcomes).join('\n'))
      rows.push(...rowsOf('cpu', nodeHost.name, workload, outcomes))
    }
  } finally {
    for (const guest of guests) await guest.close()
  }
  return [...rows, ...(await firstSteps(nodeHost, filter, peers ? ['gradloom', 'tfjs-wasm', 'jax-js', 'pytorch'] : ['gradloom'], rounds))]
}

/** Starts those that are there, and says which are not. */
export async function startAll(host: Host, wanted: readonly (readonly [ContenderName, number])[]): Promise<Guest[]> {
  const guests: Guest[] = []
  for (const [name, threads] of wanted) {
    if (threads > availableParallelism()) continue
    try {
      guests.push(await host.start(name, threads))
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
      if (threads === 1) console.log(`${name}: ${error.message}`)
    }
  }
  return guests
}
