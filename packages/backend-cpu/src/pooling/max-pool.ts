import { sizeOf } from '@gradloom/core'
import { createInputCopy } from '../convolution/input-copy.ts'
import { createTables } from '../convolution/tables.ts'
import { windowTables } from '../convolution/windows.ts'
import { idle, simpleKernel, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { realOf } from '../kernels/real.ts'
import { poolingModule, type PoolingModule } from './module.ts'
import { areTiles, firstTapTables, forBands, planesTogether, windowGeometry, type Windows } from './windows.ts'

/** The largest element of each window and its place in it; see nn's maxPool for ties and NaN. Padding is -Infinity, and
 * loses to an element that is. */
export const maxPool: PrepareKernel<Windows> = ({ inputs: [x], outputs: [y], attrs }, modules): DeviceKernel => {
  const type = realOf('maxPool', x)
  const bytes = type === 'f32' ? 4 : 8
  const lanes = 16 / bytes
  const module = modules.get<PoolingModule>(poolingModule, type)
  const size = x.shape.slice(2)
  const out = y.shape.slice(2)
  const planes = x.shape[0] * x.shape[1]
  const imageSize = sizeOf(size)
  const outSize = sizeOf(out)
  if (sizeOf(y.shape) === 0) return idle
  if (areTiles(attrs, size, lanes)) {
    return simpleKernel(planes, ({ inputs: [from], outputs: [to, place] }, begin, end) =>
      module.maxPoolTiles(
        from + begin * imageSize * bytes,
        end - begin,
        size[0],
        size[1],
        to + begin * outSize * bytes,
        place + begin * outSize * 4,
      ),
    )
  }
  const geometry = windowGeometry(size, out, attrs, true)
  const {
    planeSize,
    classes: [{ taps, bands }],
  } = geometry
  const together = planesTogether(geometry, planes, bytes)
  const tables = createTables()
  const input = createInputCopy(geometry, imageSize, together, bytes, module)
  const { outputs, termsAt } = windowTables(geometry, bytes, tables)
  const firstTapsAt = firstTapTables(attrs, out, bands, tables)
  return {
    sharedBytes: 0,
    scratchBytes: input.byteLength,
    tables: tables.finish(),
    phases: [
      {
        units: planes,
        run: ({ inputs: [from], outputs: [to, place], scratch, tables: table }, begin, end) => {
          module.fill(scratch, scratch + input.byteLength, -Infinity)
          for (let first = begin; first < end; first += together) {
            const count = Math.min(together, end - first)
            const base = input.load(scratch, from, first, count)
            forBands(geometry, outSize, count, (band, some, at, out) => {
              const firstTaps = firstTapsAt.get(band)
              module.maxPool(
                base + at * bytes,
                planeSize * bytes,
                to + (first * outSize + out) * bytes,
                place + (first * outSize + out) * 4,
                some,
                firstTaps === undefined ? 0 : table + firstTaps,
                table + outputs[band.table].positionsAt,
                table + outputs[band.table].kindsAt,
                band.count,
                table + termsAt,
                taps.length,
              )
            })
          }
        },
      },
    ],
  }
}
