import { sizeOf } from '@gradloom/core'
import { createTables } from '../convolution/tables.ts'
import { idle, simpleKernel, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { realOf } from '../kernels/real.ts'
import { poolingModule, type PoolingModule } from './module.ts'
import { areTiles, forBands, planesTogether, windowGeometry, type Windows } from './windows.ts'

/** Adds each cotangent to the element at `place` of its window, in the order of the windows. */
export const maxPoolGradient: PrepareKernel<Windows & { readonly size: readonly number[] }> = (
  { inputs: [, g], attrs },
  modules,
): DeviceKernel => {
  const type = realOf('maxPoolGradient', g)
  const bytes = type === 'f32' ? 4 : 8
  const lanes = 16 / bytes
  const module = modules.get<PoolingModule>(poolingModule, type)
  const { size } = attrs
  const out = g.shape.slice(2)
  const planes = g.shape[0] * g.shape[1]
  const imageSize = sizeOf(size)
  const outSize = sizeOf(out)
  const total = planes * imageSize * bytes
  if (total === 0) return idle
  if (outSize === 0) return simpleKernel(1, ({ outputs: [to] }) => module.fill(to, to + total, 0))
  if (areTiles(attrs, size, lanes)) {
    const rest = size.some((n) => n % 2 !== 0)
    return simpleKernel(planes, ({ inputs: [place, from], outputs: [to] }, begin, end) => {
      const image = to + begin * imageSize * bytes
      if (rest) module.fill(image, to + end * imageSize * bytes, 0)
      module.maxPoolGradientTiles(
        image,
        end - begin,
        size[0],
        size[1],
        place + begin * outSize * 4,
        from + begin * outSize * bytes,
      )
    })
  }
  const geometry = windowGeometry(size, out, attrs, false)
  const {
    planeSize,
    copy,
    classes: [{ taps, tables: grid }],
  } = geometry
  const together = planesTogether(geometry, planes, bytes)
  const tables = createTables()
  const positionsAt = grid.map(({ positions }) => tables.add(positions.map((p) => p * bytes)))
  const tapsAt = tables.add(Int32Array.from(taps, (t) => t * bytes))
  const copyBytes = copy ? together * planeSize * bytes : 0
  return {
    sharedBytes: 0,
    scratchBytes: copyBytes,
    tables: tables.finish(),
    phases: [
      {
        units: planes,
        run: ({ inputs: [place, from], outputs: [to], scratch, tables: table }, begin, end) => {
          module.fill(to + begin * imageSize * bytes, to + end * imageSize * bytes, 0)
          for (let first = begin; first < end; first += together) {
            const count = Math.min(together, end - first)
            const image = to + first * imageSize * bytes
            const base = copy ? scratch : image
            if (copy) module.fill(scratch, scratch + count * planeSize * bytes, 0)
            forBands(geometry, outSize, count, (band, some, at, out) =>
              module.scatterPlaces(
                place + (first * outSize + out) * 4,
                from + (first * outSize + out) * bytes,
                base + at * bytes,
                planeSize * bytes,
                some,
                table + positionsAt[band.table],
                band.count,
                table + tapsAt,
              ),
            )
            // Back without the padding.
            for (const part of copy?.parts ?? []) {
              module.copyRows(
                image + part.from * bytes,
                base + part.to * bytes,
                count,
                copy!.depth,
                copy!.rows,
                part.count,
                imageSize * bytes,
                copy!.fromStrides[0] * bytes,
                copy!.fromStrides[1] * bytes,
                planeSize * bytes,
                copy!.toStrides[0] * bytes,
                copy!.toStrides[1] * bytes,
                bytes,
              )
            }
          }
        },
      },
    ],
  }
}
