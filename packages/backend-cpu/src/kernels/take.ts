import { axisSizes, forEachLine } from './axis.ts'
import { position } from './check-indices.ts'
import type { CpuKernel } from './kernel.ts'

export interface AxisAttrs {
  readonly axis: number
}

/** out[a, i, b] = x[a, indices[i], b]. @throws IndexError */
export const take: CpuKernel<AxisAttrs> = ({ inputs: [x, indices], outputs: [y], attrs: { axis } }) => {
  const { before, size, after } = axisSizes(x.shape, axis)
  const count = indices.data.length
  for (let i = 0; i < count; i++) {
    const from = position('take', indices.data[i], size, i) * after
    for (let a = 0; a < before; a++) {
      const source = a * size * after + from
      const target = (a * count + i) * after
      if (after === 1) y.data[target] = x.data[source]
      else y.data.set(x.data.subarray(source, source + after), target)
    }
  }
}

/** x with updates[a, i, b] added at [a, indices[i], b], in the order of i. @throws IndexError, before anything is
 * written */
export const scatterAdd: CpuKernel<AxisAttrs> = ({ inputs: [x, indices, updates], outputs: [y], attrs: { axis } }) => {
  const { before, size, after } = axisSizes(x.shape, axis)
  const count = indices.data.length
  y.data.set(x.data)
  const out = y.data
  const added = updates.data
  for (let i = 0; i < count; i++) {
    const to = position('scatterAdd', indices.data[i], size, i) * after
    for (let a = 0; a < before; a++) {
      const source = (a * count + i) * after
      const target = a * size * after + to
      for (let k = 0; k < after; k++) out[target + k] += added[source + k]
    }
  }
}

/** out[.., i, ..] = x[.., indices[.., i, ..], ..]. @throws IndexError */
export const takeAlongAxis: CpuKernel<AxisAttrs> = ({ inputs: [x, indices], outputs: [y], attrs: { axis } }) => {
  const { size, after } = axisSizes(x.shape, axis)
  const lines = axisSizes(indices.shape, axis)
  let line = 0
  forEachLine(lines, (start, stride) => {
    const base = Math.floor(line / after) * size * after + (line++ % after)
    for (let i = 0; i < lines.size; i++) {
      const at = start + i * stride
      y.data[at] = x.data[base + position('takeAlongAxis', indices.data[at], size, at) * after]
    }
  })
}

/** x with updates[.., i, ..] added at indices[.., i, ..] along the axis. @throws IndexError */
export const scatterAddAlongAxis: CpuKernel<AxisAttrs> = ({
  inputs: [x, indices, updates],
  outputs: [y],
  attrs: { axis },
}) => {
  const { size, after } = axisSizes(x.shape, axis)
  const lines = axisSizes(indices.shape, axis)
  y.data.set(x.data)
  let line = 0
  forEachLine(lines, (start, stride) => {
    const base = Math.floor(line / after) * size * after + (line++ % after)
    for (let i = 0; i < lines.size; i++) {
      const at = start + i * stride
      y.data[base + position('scatterAddAlongAxis', indices.data[at], size, at) * after] += updates.data[at]
    }
  })
}
