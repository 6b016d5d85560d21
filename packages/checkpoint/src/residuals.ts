import { byteSize, type Plan } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import { checkPlan } from './check.ts'
import { movedBytes } from './policies/offload.ts'

/** A value that the forward pass keeps for the backward pass. */
export interface KeptValue {
  /** Its number in the plan. */
  readonly buffer: number
  readonly byteLength: number
  /** What computes it, and where that was built. */
  readonly ops: string
  readonly scope: string
  /** The steps between which it is held: that which writes it, and the last that reads it. */
  readonly from: number
  readonly to: number
  /** What reads it after the forward pass, first to last: ops, without repetition. */
  readonly readBy: readonly string[]
  /** Whether it is held for the backward pass itself, for values that are computed again of it, or for both. */
  readonly why: 'backward' | 'recompute' | 'both'
}

/** What a plan keeps from its forward pass to its backward pass, as plain data; `String(it)` is a table. */
export interface Residuals {
  /** The largest first. */
  readonly values: readonly KeptValue[]
  readonly byteLength: number
  /** Bytes of values that are moved to the host and back instead. */
  readonly onHost: number
  readonly arenaBytes: number
  /** What the arena would be without recomputation. */
  readonly plainArenaBytes: number
  toString(): string
}

/**
 * The values of a plan's arena that its forward pass computes and later passes read: what training holds in memory
 * beside parameters.
 * @throws SettingError for what is no plan
 * @example console.log(String(explainResiduals(await step.plan(feeds))))
 */
export function explainResiduals(plan: Plan): Residuals {
  checkPlan('explainResiduals', plan)
  const writtenAt = new Map<number, number>()
  const readers = new Map<number, number[]>()
  plan.steps.forEach((step, i) => {
    const { reads, writes } = accessOf(step)
    for (const b of new Set(reads)) readers.set(b, [...(readers.get(b) ?? []), i])
    for (const b of writes) if (!writtenAt.has(b)) writtenAt.set(b, i)
  })
  const passOf = (step: number): string => plan.steps[step].pass ?? 'forward'
  const begin = plan.steps.findIndex(({ pass = 'forward' }) => pass !== 'forward' && pass !== 'pack')
  const values: KeptValue[] = []
  plan.buffers.forEach((place, buffer) => {
    const from = writtenAt.get(buffer)
    if (place.kind !== 'arena' || from === undefined || passOf(from) !== 'forward' || from > begin) return
    const later = (readers.get(buffer) ?? []).filter((i) => i >= begin && begin >= 0)
    if (!later.length) return
    const again = later.filter((i) => passOf(i) === 'recompute').length
    const { label: ops, scope } = plan.steps[from]
    const why = again === 0 ? 'backward' : again === later.length ? 'recompute' : 'both'
    const readBy = [...new Set(later.map((i) => plan.steps[i].label))]
    const byteLength = place.size * byteSize(place.dtype)
    values.push({ buffer, byteLength, ops, scope, from, to: later.at(-1)!, readBy, why })
  })
  values.sort((a, b) => b.byteLength - a.byteLength || a.from - b.from)
  const { arenaBytes, plainArenaBytes = arenaBytes } = plan
  const byteLength = values.reduce((sum, v) => sum + v.byteLength, 0)
  const data = { values, byteLength, onHost: movedBytes(plan), arenaBytes, plainArenaBytes }
  return Object.defineProperty(data, 'toString', { value: () => textOf(data), enumerable: false })
}

function textOf({ values, byteLength, onHost, arenaBytes, plainArenaBytes }: Residuals): string {
  const rows = values.map((v) => [
    v.byteLength.toLocaleString('en'),
    v.scope || '-',
    v.ops,
    v.why === 'backward' ? 'read by the backward pass' : v.why === 'recompute' ? 'computed again from' : 'both',
    v.readBy.join(', '),
  ])
  const table = [['bytes', 'scope', 'computed by', 'why', 'read by'], ...rows]
  const widths = table[0].map((_, c) => Math.max(...table.map((row) => row[c].length)))
  const lines = table.map((row) =>
    row
      .map((cell, c) => (c ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('  ')
      .trimEnd(),
  )
  const saved = plainArenaBytes - arenaBytes
  const less = saved ? `, ${saved.toLocaleString('en')} less than without recomputation` : ''
  const host = onHost ? `, ${onHost.toLocaleString('en')} on the host` : ''
  const total =
    `${values.length} values of ${byteLength.toLocaleString('en')} bytes are kept for the backward pass${host}; ` +
    `the arena takes ${arenaBytes.toLocaleString('en')}${less}`
  return [total, ...lines].join('\n')
}
