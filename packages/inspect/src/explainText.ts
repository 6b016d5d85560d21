import type { ExplainedStep, Explanation, Totals } from './explain.ts'
import { bytesText, plural, scaled, table } from './text.ts'

const flopsText = (flops: number | null): string => (flops === null ? '?' : scaled(flops))

function totalsTable(title: string, all: readonly Totals[]): string {
  const rows = all.map((t) => [t.name || '-', String(t.steps), flopsText(t.flops), bytesText(t.bytes)])
  return table([[title, 'steps', 'FLOP', 'bytes'], ...rows], [1, 2, 3])
}

function stepRow({ step, part, scope, ops, flops, readBytes, writtenBytes, updates }: ExplainedStep): string[] {
  const what = ops.join(' + ') + (updates.length ? ` -> ${updates.join(', ')}` : '')
  return [String(step), part, scope || '-', flopsText(flops), bytesText(readBytes + writtenBytes), what]
}

/** A plan as a text: what all takes, parts, scopes, and the steps, each with its ops and why it is apart. */
export function explanationText({ flops, unknown, arenaBytes, inputs, steps, parts, scopes }: Explanation): string {
  const known = `${scaled(flops, 'FLOP')}${unknown ? ` and those of ${plural(unknown, 'kernel')}` : ''}`
  const inputBytes = inputs.reduce((sum, x) => sum + x.bytes, 0)
  const memory = `arena ${bytesText(arenaBytes)}, inputs ${bytesText(inputBytes)}`
  const head = `${plural(steps.length, 'step')}, ${known}, ${memory}`
  const rows = table([['step', 'part', 'scope', 'FLOP', 'bytes', 'ops'], ...steps.map(stepRow)], [0, 3, 4]).split('\n')
  const lines = steps.flatMap(({ apart, inner, ops }, i) => [
    rows[i + 1],
    `      ${ops.length > 1 ? `${ops.length} ops in one kernel; ` : ''}${apart}`,
    ...inner.map((one) => indented(explanationText(one))),
  ])
  return [head, totalsTable('part', parts), totalsTable('scope', scopes), [rows[0], ...lines].join('\n')].join('\n\n')
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '      | ')
