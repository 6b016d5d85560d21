import { sizeOf } from '@gradloom/core'
import { createInputCopy } from '../convolution/input-copy.ts'
import { runsOf } from '../convolution/runs.ts'
import { createTables } from '../convolution/tables.ts'
import { idle, simpleKernel, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { realOf } from '../kernels/real.ts'
import { poolingModule, type PoolingModule } from './module.ts'
import { areTiles, planesTogether, windowGeometry, type Windows } from './windows.ts'

/** The largest element of each window and its place in it; see nn's maxPool for ties and NaN. Padding is -Infinity. */
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
    classes: [{ taps, positions }],
  } = geometry
  const together = planesTogether(geometry, planes, bytes)
  const tables = createTables()
  const input = createInputCopy(geometry, imageSize, together, bytes, module)
  const runs = runsOf(
    positions.map((p) => p * bytes),
    lanes,
    bytes,
  )
  const positionsAt = tables.add(runs.offsets)
  const kindsAt = tables.add(runs.kinds)
  const tapsAt = tables.add(Int32Array.from(taps, (t) => t * bytes))
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
            module.maxPool(
              base,
              planeSize * bytes,
              to + first * outSize * bytes,
              place + first * outSize * 4,
              count,
              table + positionsAt,
              table + kindsAt,
              outSize,
              table + tapsAt,
              taps.length,
            )
          }
        },
      },
    ],
  }
}
