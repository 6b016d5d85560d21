import { sizeOf } from '@gradloom/core'
import { createInputCopy } from '../convolution/input-copy.ts'
import { convolutionModule, type ConvolutionModule } from '../convolution/module.ts'
import { runsOf } from '../convolution/runs.ts'
import { createTables } from '../convolution/tables.ts'
import { idle, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { realOf } from '../kernels/real.ts'
import { planesTogether, windowGeometry, type Windows } from './windows.ts'

/** The mean of each window, padding counted as zeros: a sum of products with 1 / size. */
export const avgPool: PrepareKernel<Windows> = ({ inputs: [x], outputs: [y], attrs }, modules): DeviceKernel => {
  const type = realOf('avgPool', x)
  const bytes = type === 'f32' ? 4 : 8
  const lanes = 16 / bytes
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
  const share = taps.map(() => 1 / taps.length)
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
            module.windowSum(
              base,
              planeSize * bytes,
              to + first * outSize * bytes,
              outSize * bytes,
              table + weightsAt,
              0,
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
