import type { InnerStep } from './innerSteps.ts'
import type { Profile, TimeOf } from './profile.ts'
import { msText, percent, plural, scaled, table } from './text.ts'

/** Rows of a table of times; the rest is summed up. */
const ROWS = 12

function times(title: string, all: readonly TimeOf[]): string {
  const shown = all.slice(0, ROWS)
  const rest = all.slice(ROWS)
  const sum = (of: (t: TimeOf) => number): number => rest.reduce((total, t) => total + of(t), 0)
  const others = {
    name: `${rest.length} more`,
    ms: sum((t) => t.ms),
    share: sum((t) => t.share),
    steps: sum((t) => t.steps),
  }
  const rows = [...shown, ...(rest.length ? [others] : [])].map((t) => [
    t.name || '-',
    msText(t.ms),
    percent(t.share),
    String(t.steps),
  ])
  return table([[title, 'time', 'share', 'steps'], ...rows], [1, 2, 3])
}

/** Steps within a step, further in. */
const innerRows = (steps: readonly InnerStep[], indent: string): string[][] =>
  steps.flatMap((s) => [
    [indent + s.ops.join(' + '), s.scope || '-', s.part, msText(s.ms), '', percent(s.share), ''],
    ...innerRows(s.inner, `${indent}  `),
  ])

/** A profile as a text: a call's time by op, by scope, by part, and by step in order, with what is left. */
export function profileText({ ms, runs, steps, rest, byOp, byScope, byPart }: Profile): string {
  const rows = steps.flatMap((s) => [
    [
      s.ops.join(' + '),
      s.scope || '-',
      s.part,
      msText(s.ms),
      msText(s.leastMs),
      percent(s.share),
      s.flops === null || s.ms <= 0 ? '?' : scaled((1000 * s.flops) / s.ms, 'FLOP/s'),
    ],
    ...innerRows(s.inner, '  '),
  ])
  const left = (name: string, own: number): string[] => [name, '', '', msText(own), '', percent(own / ms), '']
  const inOrder = table(
    [
      ['step', 'scope', 'part', 'time', 'least', 'share', 'speed'],
      ...rows,
      left('inputs and results', rest.backendMs),
      left('around the backend', rest.callMs),
    ],
    [3, 4, 5, 6],
  )
  const backends = [...new Set(steps.map((s) => s.backend))].join(', ')
  const where = `on ${backends || 'no backend'}: ${plural(steps.length, 'step')}`
  const head = `${msText(ms)} a call, the mean of ${runs}, ${where}`
  return [head, times('op', byOp), times('scope', byScope), times('part', byPart), inOrder].join('\n\n')
}
