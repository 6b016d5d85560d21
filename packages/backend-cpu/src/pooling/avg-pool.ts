import { sizeOf } from '@gradloom/core'
import { createInputCopy } from '../convolution/input-copy.ts'
import { convolutionModule, type ConvolutionModule } from '../convolution/module.ts'
import { createTables } from '../convolution/tables.ts'
import { windowTables } from '../convolution/windows.ts'
import { idle, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { realOf } from '../kernels/real.ts'
import { forBands, planesTogether, windowGeometry, type Windows } from './windows.ts'

/** The mean of each window, padding counted as zeros: a sum of products with 1 / size where that is exact, else the
 * sum divided by the size. */
export const avgPool: PrepareKernel<Windows> = ({ inputs: [x], outputs: [y], attrs }, modules): DeviceKernel => {
  const type = realOf('avgPool', x)
  const bytes = type === 'f32' ? 4 : 8
  const module = modules.get<ConvolutionModule>(convolutionModule, type)
  const size = x.shape.slice(2)
  const out = y.shape.slice(2)
  const planes = x.shape[0] * x.shape[1]
  const imageSize = sizeOf(size)
  const outSize = sizeOf(out)
  if (sizeOf(y.shape) === 0) return idle
  const geometry = windowGeometry(size, out, attrs, true)
  const {
    planeSize,
    classes: [{ taps }],
  } = geometry
  const together = planesTogether(geometry, planes, bytes)
  const tables = createTables()
  const input = createInputCopy(geometry, imageSize, together, bytes, module)
  const { outputs, termsAt } = windowTables(geometry, bytes, tables)
  const exact = Number.isInteger(Math.log2(taps.length))
  const share = taps.map(() => (exact ? 1 / taps.length : 1))
  const weightsAt = tables.add(
    new Int32Array(type === 'f32' ? Float32Array.from(share).buffer : Float64Array.from(share).buffer),
  )
  return {
    sharedBytes: 0,
    scratchBytes: input.byteLength,
    tables: tables.finish(),
    phases: [
      {
        units: planes,
        run: ({ inputs: [from], outputs: [to], scratch, tables: table }, begin, end) => {
          module.clear(scratch, input.byteLength)
          for (let first = begin; first < end; first += together) {
            const count = Math.min(together, end - first)
            const base = input.load(scratch, from, first, count)
            forBands(geometry, outSize, count, (band, some, at, out) =>
              module.windowSum(
                base + at * bytes,
                planeSize * bytes,
                to + (first * outSize + out) * bytes,
                outSize * bytes,
                table + weightsAt,
                0,
                some,
                table + outputs[band.table].positionsAt,
                table + outputs[band.table].kindsAt,
                band.count,
                table + termsAt,
                taps.length,
              ),
            )
            if (!exact) module.divide(to + first * outSize * bytes, to + (first + count) * outSize * bytes, taps.length)
          }
        },
      },
    ],
  }
}
