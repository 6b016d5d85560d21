import { expect, test } from 'vitest'
import type { ContenderName } from '../src/contender.ts'
import { digest, distance } from '../src/digest.ts'
import { UnsupportedError } from '../src/errors.ts'
import type { Guest } from '../src/hosts/host.ts'
import { hash } from '../src/inputs.ts'
import { measure } from '../src/measure.ts'
import { rowsOf } from '../src/report/row.ts'
import type { Workload } from '../src/workload.ts'

const workload: Workload = { id: 'eager add of 4', kind: 'eager', size: 4, tolerance: 1e-6 }
const right = [0, 1, 2, 3].map((i) => {
  const at = (seed: number): number => Math.fround(-1 + (2 * (hash(i + Math.imul(seed, 0x9e3779b9)) >>> 8)) / 2 ** 24)
  return at(1) + at(2)
})

/** A contender that gives `result` and takes `ms`; its calls are noted in `calls`. */
function guest(name: ContenderName, result: readonly number[] | Error, ms: number, calls: string[] = []): Guest {
  return {
    name,
    threads: 1,
    close: async () => {},
    session: {
      setup: async () => {
        if (result instanceof Error) throw result
        return ms
      },
      check: async () => digest(Float64Array.from(result as number[])),
      warm: async () => ms,
      time: async () => {
        calls.push(name)
        return [ms]
      },
      memory: async () => null,
      cost: async () => null,
      dispose: async () => {},
    },
  }
}
const effort = { rounds: 3, roundMs: 1, warmMs: 1 }

test('measure: takes everyone in turn, every other round backwards', async () => {
  const calls: string[] = []
  await measure(workload, [guest('gradloom', right, 1, calls), guest('tfjs-wasm', right, 2, calls)], effort, new Map())
  expect(calls).toEqual(['gradloom', 'tfjs-wasm', 'tfjs-wasm', 'gradloom', 'gradloom', 'tfjs-wasm'])
})

test('rows: the ratio says how much longer the peer takes', async () => {
  const outcomes = await measure(workload, [guest('gradloom', right, 2), guest('jax-js', right, 5)], effort, new Map())
  expect(rowsOf('cpu', 'here', workload, outcomes)).toMatchObject([
    { workload: workload.id, ms: 2, peer: 'jax-js', peerMs: 5, ratio: 2.5, note: null },
  ])
})

test('rows: a wrong result has a note and no ratio, whoever it is', async () => {
  const wrong = right.with(2, right[2] + 1e-3)
  const peer = await measure(workload, [guest('gradloom', right, 2), guest('jax-js', wrong, 1)], effort, new Map())
  expect(rowsOf('cpu', 'here', workload, peer)).toMatchObject([
    { ratio: null, note: expect.stringMatching(/^jax-js: wrong: off by/) },
  ])
  const own = await measure(workload, [guest('gradloom', wrong, 2), guest('jax-js', right, 1)], effort, new Map())
  expect(rowsOf('cpu', 'here', workload, own)).toMatchObject([{ ratio: null, note: expect.stringMatching(/^wrong/) }])
})

test('rows: what a peer cannot do, or was left out of, is said', async () => {
  const slow = guest('tfjs-wasm', right, 1)
  const unable = guest('jax-js', new UnsupportedError('no float64'), 1)
  const outcomes = await measure(
    workload,
    [guest('gradloom', right, 2), unable, slow],
    effort,
    new Map([[slow, 'left out']]),
  )
  expect(rowsOf('cpu', 'here', workload, outcomes).map((r) => [r.peerMs, r.note])).toEqual([
    [null, 'jax-js: no float64'],
    [null, 'tfjs-wasm: left out'],
  ])
})

test('digest: one wrong element anywhere moves it, also where no sample is', () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i))
  const at = digest(values)
  for (let i = 0; i < values.length; i += 7) {
    const other = values.slice()
    other[i] += 1
    expect(distance(at, digest(other))).toBeGreaterThan(1e-4)
  }
  expect(distance(at, digest(values.slice()))).toBe(0)
  expect(distance(at, digest(values.fill(NaN)))).toBe(Infinity)
  expect(distance(at, digest(values.subarray(1)))).toBe(Infinity)
})
