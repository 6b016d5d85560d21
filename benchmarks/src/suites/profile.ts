import { Session as Inspector, type Profiler } from 'node:inspector/promises'
import { loadContender } from '../contender.ts'
import type { Flags } from '../flags.ts'
import { createSession } from '../session.ts'
import { chosen } from './suite.ts'

const INTERVAL_US = 200
const PROFILE_MS = 3000
const TOP = 14

/** Where our time goes: the functions with the most time of their own, WebAssembly's by the names of their modules. */
export async function profile({ filter }: Flags): Promise<void> {
  const session = createSession(await loadContender('gradloom', { threads: 1 }), () => null)
  const inspector = new Inspector()
  inspector.connect()
  await inspector.post('Profiler.enable')
  await inspector.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  for (const workload of chosen(filter)) {
    await session.setup(workload)
    await session.warm(PROFILE_MS)
    await inspector.post('Profiler.start')
    const times = await session.time(PROFILE_MS)
    const { profile: found } = await inspector.post('Profiler.stop')
    console.log(`${workload.id}: ${times.length} samples`)
    for (const [name, share] of ownTime(found).slice(0, TOP))
      console.log(`  ${(100 * share).toFixed(1).padStart(5)} %  ${name}`)
    await session.dispose()
  }
  inspector.disconnect()
}

function ownTime({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): [name: string, share: number][] {
  const byId = new Map(nodes.map((n) => [n.id, n.callFrame]))
  const times = new Map<string, number>()
  let total = 0
  samples.forEach((id, i) => {
    const { functionName, url, lineNumber } = byId.get(id)!
    const file = url.split('/').slice(-2).join('/')
    const name = `${functionName || '(anonymous)'}${file ? ` ${file}:${lineNumber + 1}` : ''}`
    times.set(name, (times.get(name) ?? 0) + timeDeltas[i])
    total += timeDeltas[i]
  })
  return [...times].map(([name, time]): [string, number] => [name, time / total]).sort((a, b) => b[1] - a[1])
}
