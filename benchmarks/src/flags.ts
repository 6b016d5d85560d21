import { parseArgs } from 'node:util'

export const suites = ['cpu', 'browser', 'contention', 'webgpu', 'gpu', 'linalg', 'checkpoint'] as const
export type SuiteName = (typeof suites)[number]

export interface Flags {
  readonly suite: SuiteName
  /** Workloads whose name has this text, in any case. */
  readonly filter: string
  readonly peers: boolean
  readonly json: string | null
  readonly rounds: number
  /** Instead of measuring, say where our own time goes. */
  readonly profile: boolean
  /** Instead of measuring, find what WebGPU's kernels are best chosen by on this adapter. */
  readonly tune: boolean
  /** Small shapes, of suites that have them: what an adapter in software can do, or a test. */
  readonly small: boolean
}

export const usage = `pnpm bench [--suite ${suites.join('|')}] [--filter TEXT] [--peers] [--json FILE] [--rounds N]
  [--profile] [--tune] [--small]`

/** @throws TypeError naming the flag */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      suite: { type: 'string', default: 'cpu' },
      filter: { type: 'string', default: '' },
      peers: { type: 'boolean', default: false },
      json: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      profile: { type: 'boolean', default: false },
      tune: { type: 'boolean', default: false },
      small: { type: 'boolean', default: false },
    },
  })
  const suite = suites.find((s) => s === values.suite)
  const rounds = Number(values.rounds)
  if (!suite) throw new TypeError(`--suite: one of ${suites.join(', ')} required, got ${values.suite}`)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new TypeError(`--rounds: a whole number from 1 required, got ${values.rounds}`)
  return {
    suite,
    filter: values.filter,
    peers: values.peers,
    json: values.json ?? null,
    rounds,
    profile: values.profile,
    tune: values.tune,
    small: values.small,
  }
}
