import type { Tiles } from '../../session/messages.ts'
import { extent } from '../../ui/ramp.ts'
import { valuesOf } from './tile.ts'

const BINS = 24

/** A unit's numbers, and how they are spread. */
export function TileDetail({ tiles, index }: { readonly tiles: Tiles; readonly index: number }) {
  const values = valuesOf(tiles, index)
  const most = extent(values) || 1
  const bins = new Array<number>(BINS).fill(0)
  let sum = 0
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    sum += value
    low = Math.min(low, value)
    high = Math.max(high, value)
    bins[Math.min(BINS - 1, Math.floor(((value + most) / (2 * most)) * BINS))]++
  }
  const tallest = Math.max(...bins)
  return (
    <div class="row">
      <svg
        width="192"
        height="56"
        viewBox="0 0 192 56"
        role="img"
        aria-label={`How the numbers of unit ${index + 1} are spread`}
      >
        {bins.map((count, i) => (
          <rect
            key={i}
            x={i * 8}
            y={54 - (count / tallest) * 52}
            width="7"
            height={(count / tallest) * 52}
            fill={i < BINS / 2 ? 'var(--negative)' : 'var(--positive)'}
          />
        ))}
        <line x1="0" x2="192" y1="54.5" y2="54.5" stroke="var(--edge)" />
      </svg>
      <dl class="facts">
        <dt>Unit {index + 1}</dt>
        <dd class="num">
          {signed(low)} to {signed(high)}
        </dd>
        <dt>Mean</dt>
        <dd class="num">{signed(sum / values.length)}</dd>
      </dl>
    </div>
  )
}
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
