import { POLICIES, type GapRow } from '../../linalg/messages.ts'

const WIDTH = 420
const HEIGHT = 230
const RIGHT = 84
const BOTTOM = 24
/** Powers of ten that norms are drawn between. */
const LOW = -3
const HIGH = 10
const LOOKS = [
  { stroke: 'var(--accent)', width: 3, dash: undefined },
  { stroke: 'var(--ink)', width: 1.5, dash: undefined },
  { stroke: 'var(--ink)', width: 1.5, dash: '6 4' },
  { stroke: 'var(--ink)', width: 1.5, dash: '2 4' },
] as const

/** Norms of gradients by gap, both by powers of ten; the last gap, which is 0, is told by the table. */
export function Growth({ rows, gap }: { readonly rows: readonly GapRow[]; readonly gap: number }) {
  const drawn = rows.slice(0, -1)
  const x = (place: number): number => (place / (rows.length - 1)) * (WIDTH - RIGHT)
  const y = (norm: number): number => {
    const power = Math.min(HIGH, Math.max(LOW, Math.log10(norm)))
    return 8 + ((HIGH - power) / (HIGH - LOW)) * (HEIGHT - BOTTOM - 8)
  }
  const points = (policy: number): [number, number][] =>
    drawn.flatMap(({ outcomes }, i) => {
      const { norm } = outcomes[policy]
      return norm === null ? [] : [[x(i), y(norm)] as [number, number]]
    })
  const lines = POLICIES.map((_, policy) => points(policy))
  const labels = apart(lines.map((line) => line.at(-1)?.[1] ?? HEIGHT))
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label="Norm of the gradient by gap under each policy, as in the table of all gaps"
    >
      <line x1="0" x2={WIDTH - RIGHT} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} stroke="var(--edge)" />
      <line x1={x(gap - 1)} x2={x(gap - 1)} y1="8" y2={HEIGHT - BOTTOM} stroke="var(--edge)" stroke-dasharray="2 2" />
      {lines.map((line, i) => (
        <g key={POLICIES[i]}>
          <polyline
            points={line.map((point) => point.map((v) => v.toFixed(1)).join()).join(' ')}
            fill="none"
            stroke={LOOKS[i].stroke}
            stroke-width={LOOKS[i].width}
            stroke-dasharray={LOOKS[i].dash}
          />
          <text x={x(drawn.length - 1) + 6} y={labels[i] + 4} fill="var(--ink)" font-size="12">
            {POLICIES[i]}
          </text>
        </g>
      ))}
      <text x="0" y={HEIGHT - 6} fill="var(--muted)" font-size="12">
        gap, 1e-1 to 1e-12, then 0
      </text>
      <text x="4" y="18" fill="var(--muted)" font-size="12">
        norm, to 1e{HIGH}
      </text>
    </svg>
  )
}

/** Places of words, none nearer to the one above than a line of them. */
function apart(places: readonly number[]): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b])
  const put = [...places]
  let below = -Infinity
  for (const i of order) {
    put[i] = Math.max(put[i], below + 14)
    below = put[i]
  }
  const over = Math.max(0, below - (HEIGHT - BOTTOM))
  return put.map((y) => y - over)
}
