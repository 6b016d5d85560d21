import { ours } from './contender.ts'
import { distance, type Digest } from './digest.ts'
import { UnsupportedError } from './errors.ts'
import { CHECKED_STEPS, error } from './expected.ts'
import type { GpuCost } from './gpu/meter.ts'
import type { Guest } from './hosts/host.ts'
import { median } from './session.ts'
import type { Workload } from './workload.ts'

/** How one contender did: its median time, or why there is none. */
export interface Outcome {
  readonly guest: Guest
  readonly ms: number | null
  /** Half the spread between the quartiles, as a share of the median. */
  readonly spread: number
  /** Why it was not measured, or that its result is wrong (then it was measured, and counts for nothing). */
  readonly problem: string | null
  /** Of contenders on a GPU. */
  readonly cost: GpuCost | null
}

export interface Effort {
  readonly rounds: number
  readonly roundMs: number
  readonly warmMs: number
}

/** Threads that wait for more work spin for up to 25 ms (OpenBLAS): before the next contender works, they should sleep.
 * */
const PAUSE_MS = 30
/** A run this long is measured in two rounds only: nothing that short-lived disturbs it much, and others wait. */
const SLOW_MS = 1500
const SLOW_ROUNDS = 2
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Readies all contenders but those that are left out, compares their results, warms them up, then measures them in
 * turn, round after round. `leftOut`: why, for each of them. */
export async function measure(
  workload: Workload,
  guests: readonly Guest[],
  { rounds, roundMs, warmMs }: Effort,
  leftOut: ReadonlyMap<Guest, string>,
): Promise<Outcome[]> {
  const problems = new Map<Guest, string>(leftOut)
  const digests = new Map<Guest, Digest>()
  const times = new Map<Guest, number[]>(guests.map((g) => [g, []]))
  for (const guest of guests.filter((g) => !leftOut.has(g))) {
    try {
      await guest.session.setup(workload)
      digests.set(guest, await guest.session.check(CHECKED_STEPS))
    } catch (thrown) {
      if (!(thrown instanceof UnsupportedError) && ours.includes(guest.name))
        problems.set(guest, `failed: ${(thrown as Error).message}`)
      else problems.set(guest, (thrown as Error).message)
    }
  }
  for (const [guest, problem] of wrong(workload, digests)) problems.set(guest, problem)
  const able = guests.filter((g) => digests.has(g))
  const slow = new Set<Guest>()
  for (const guest of able) {
    if ((await guest.session.warm(warmMs)) > SLOW_MS) slow.add(guest)
    await pause(PAUSE_MS)
  }
  for (let round = 0; round < rounds; round++) {
    // Every other round goes backwards, so that nobody always follows the same neighbour.
    for (const guest of round % 2 ? [...able].reverse() : able) {
      if (slow.has(guest) && round >= SLOW_ROUNDS) continue
      times.get(guest)!.push(...(await guest.session.time(roundMs)))
      if (guest.threads > 1) await pause(PAUSE_MS)
    }
  }
  const costs = new Map<Guest, GpuCost | null>()
  for (const guest of able) {
    costs.set(guest, await guest.session.cost())
    await guest.session.dispose()
  }
  return guests.map((guest) => {
    const all = times.get(guest)!
    return {
      guest,
      ms: all.length > 0 ? median(all) : null,
      spread: spreadOf(all),
      problem: problems.get(guest) ?? null,
      cost: costs.get(guest) ?? null,
    }
  })
}

/** Results against the expected one; without one, against what most of the others have. */
function wrong(workload: Workload, digests: ReadonlyMap<Guest, Digest>): Map<Guest, string> {
  const problems = new Map<Guest, string>()
  const { tolerance } = workload
  const found = [...digests]
  for (const [guest, own] of found) {
    const off = error(workload, own)
    if (off !== null && off > tolerance) problems.set(guest, `wrong: off by ${off.toExponential(1)}`)
  }
  // Where the samples of two are right, so must be all other elements: the signed sums tell.
  const right = found.filter(([guest]) => !problems.has(guest))
  for (const [guest, own] of right) {
    const near = right.filter(([, other]) => distance(own, other) <= 2 * tolerance).length
    if (2 * near <= right.length && right.length > 1) problems.set(guest, 'wrong: differs from the others')
  }
  return problems
}

function spreadOf(values: readonly number[]): number {
  if (values.length < 4) return 0
  const sorted = [...values].sort((a, b) => a - b)
  const quarter = Math.floor(sorted.length / 4)
  return (sorted[sorted.length - 1 - quarter] - sorted[quarter]) / 2 / median(sorted)
}
