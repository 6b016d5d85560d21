import { describe } from '@gradloom/core/extend'
import { sizeOf } from '@gradloom/core'
import type { SummarizedLayer, Summary } from './summary.ts'
import { bytesText, scaled, table } from './text.ts'

/** Ops of a layer that are listed. */
const OPS = 4

const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')

function row(layer: SummarizedLayer): string[] {
  const { scope, ops, parameters, flops } = layer
  const more = ops.length > OPS ? ` and ${ops.length - OPS} more` : ''
  const count = (isState: boolean): string =>
    grouped(parameters.reduce((sum, p) => sum + (p.isState === isState ? sizeOf(p.shape) : 0), 0))
  return [
    scope || '-',
    ops.slice(0, OPS).join(' + ') + more,
    describe(layer),
    count(false),
    count(true),
    flops === null ? '?' : scaled(flops),
  ]
}

/** A table of layers, and what they have together. */
export function summaryText({ layers, parameters, state, bytes, flops }: Summary): string {
  const rows = table([['layer', 'ops', 'output', 'parameters', 'state', 'product FLOP'], ...layers.map(row)], [3, 4, 5])
  const total = `${grouped(parameters)} parameters, ${grouped(state)} of state, ${bytesText(bytes)}`
  return `${rows}\n${total}${flops === null ? '' : `, ${scaled(flops, 'FLOP')} in products`}`
}
