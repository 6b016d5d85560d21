import { whole } from '../format.ts'
import type { Line } from './line.ts'
import { rows } from './sample.ts'

const ROWS = 20

interface RowsProps {
  readonly title: string
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  readonly xLabel: string
}

/** Lines as a table, of long ones some rows. */
export function Rows({ title, lines, format, xLabel }: RowsProps) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${title} as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col">{xLabel}</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {lines.flatMap(({ name, curve }) =>
            rows(curve, ROWS).map(({ step, value }) => (
              <tr key={`${name} ${step}`}>
                <td>{name}</td>
                <td class="num">{whole(step)}</td>
                <td class="num">{format(value)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  )
}
