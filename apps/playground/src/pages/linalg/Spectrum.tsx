import { small } from '../../format.ts'

const WIDTH = 420
const HEIGHT = 110
const BOTTOM = 20

/** Singular values by number, on a logarithmic scale; those that are taken stand out. */
export function Spectrum({ s, rank }: { readonly s: Float32Array; readonly rank: number }) {
  const first = s[0] || 1
  // What lies further below the first is rounding of float32.
  const depth = 6
  const x = (i: number): number => (i / Math.max(1, s.length - 1)) * WIDTH
  const y = (value: number): number => {
    const below = Math.min(depth, -Math.log10(Math.max(value / first, 10 ** -depth)))
    return 4 + (below / depth) * (HEIGHT - BOTTOM - 4)
  }
  const path = (from: number, end: number): string =>
    Array.from(
      s.slice(from, end),
      (value, i) => `${i ? 'L' : 'M'}${x(from + i).toFixed(1)} ${y(value).toFixed(1)}`,
    ).join('')
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Singular values, ${small(s[0])} to ${small(s[s.length - 1])}, the first ${rank} taken`}
    >
      <line x1="0" x2={WIDTH} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} stroke="var(--edge)" />
      <path d={path(Math.max(0, rank - 1), s.length)} fill="none" stroke="var(--muted)" stroke-dasharray="5 4" />
      <path d={path(0, rank)} fill="none" stroke="var(--accent)" stroke-width="2" />
      <text x="0" y={HEIGHT - 4} fill="var(--muted)" font-size="12">
        singular values 1 to {s.length}, as powers of ten
      </text>
    </svg>
  )
}
