import { whole } from '../format.ts'
import { last } from './column.ts'
import type { Line } from './line.ts'

/** All values as CSV. */
export const csvOf = (lines: readonly Line[]): string => ['series,step,value', ...lines.flatMap(rowsOf)].join('\n')

const rowsOf = ({ name, curve: { steps, values } }: Line): string[] =>
  Array.from({ length: steps.length }, (_, i) => `${name},${steps.at(i)},${values.at(i)}`)

/** From where to where lines go, for who cannot see them. */
export function describe(title: string, lines: readonly Line[], format: (value: number) => string): string {
  const parts = lines.flatMap(({ name, curve, kind }) => {
    const end = last(curve)
    if (end === null || kind === 'earlier') return []
    const start = curve.values.at(0)
    return [`${name} ${format(start)} to ${format(end)}`]
  })
  const steps = Math.max(
    0,
    ...lines.map(({ curve }) => (curve.steps.length ? curve.steps.at(curve.steps.length - 1) : 0)),
  )
  return parts.length ? `${title}, ${whole(steps)} steps: ${parts.join('; ')}` : `${title}: nothing yet`
}
