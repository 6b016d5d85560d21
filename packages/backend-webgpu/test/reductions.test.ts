import { cpu } from '@gradloom/backend-cpu'
import {
  all,
  any,
  argMax,
  argMin,
  createRuntime,
  greater,
  hostArray,
  max,
  min,
  sqrt,
  sum,
  tensor,
  type HostArray,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { prod } from '@gradloom/ops'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { partsOf } from '../src/loop/parts.ts'
import { HARDWARE_TUNING, SOFTWARE_TUNING } from '../src/kernels/tuning.ts'
import { watchedGpu } from './watched-gpu.ts'

vi.setConfig({ testTimeout: 240_000 })

const noise = (shape: readonly number[]): HostArray =>
  hostArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898) + 0.1),
    shape,
  )
/** An adapter that wants so much to do that every reduction is cut. */
const watched = watchedGpu()
const device = createRuntime({ backends: [webgpu({ gpu: watched.gpu, tuning: { waiting: 1e5, dispatch: 0 } })] })
const host = createRuntime({ backends: [cpu()] })
afterAll(() => Promise.all([device.close(), host.close()]))

const withNaN = noise([3, 700])
withNaN.data[1500] = NaN
const shapes: readonly HostArray[] = [noise([5000]), noise([300, 70]), noise([3, 4000]), noise([20, 7, 60]), withNaN]
const axes = [null, 0, -1, [0, -1]] as const

const value = (runtime: Runtime, y: Tensor): Promise<HostArray> => runtime.evaluate([y]).then(([found]) => found)

describe('webgpu: reductions whose elements are cut into parts', () => {
  it.each([
    ['sum', (x: Tensor, axis: Axis) => sum(x, { axis })],
    [
      'a root of a mean of squares, times two',
      (x: Tensor, axis: Axis) => sqrt(sum(x.mul(x), { axis }).mul(0.01)).mul(2),
    ],
    ['max', (x: Tensor, axis: Axis) => max(x, { axis })],
    ['min', (x: Tensor, axis: Axis) => min(x, { axis })],
    ['prod', (x: Tensor, axis: Axis) => prod(x, { axis })],
    ['any', (x: Tensor, axis: Axis) => any(greater(x, 1.09), { axis })],
    ['all', (x: Tensor, axis: Axis) => all(greater(x, -1), { axis })],
    ['argMax', (x: Tensor, axis: Axis) => argMax(x, { axis: single(axis) })],
    ['argMin', (x: Tensor, axis: Axis) => argMin(x, { axis: single(axis) })],
  ])('%s is that of the cpu, and the same bits again', async (_, fn) => {
    for (const x of shapes)
      for (const axis of axes) {
        if (Array.isArray(axis) && x.shape.length < 2) continue
        const graph = (): Tensor => fn(tensor(x), axis as Axis)
        const [first, second] = [await value(device, graph()), await value(device, graph())]
        const wanted = await value(host, graph())
        expect(second.data).toEqual(first.data)
        const scale = Math.max(...[...wanted.data].filter(Number.isFinite).map(Math.abs))
        const isClose = [...wanted.data].every(
          (w, i) => Object.is(w, first.data[i]) || Math.abs(w - first.data[i]) <= 2e-6 * scale,
        )
        expect({ shape: x.shape, axis, isClose }).toEqual({ shape: x.shape, axis, isClose: true })
      }
  })

  it('takes a second kernel', async () => {
    const before = watched.count('dispatchWorkgroups')
    await value(device, sum(tensor(noise([5001]))))
    expect(watched.count('dispatchWorkgroups') - before).toBe(2)
  })
})

type Axis = number | readonly number[] | null
const single = (axis: Axis): number | null => (typeof axis === 'number' ? axis : null)

describe('webgpu: into how many parts', () => {
  it('few results of many elements are cut, many or short ones are not', () => {
    expect(partsOf(1, 2 ** 25, 256, HARDWARE_TUNING)).toBe(1024)
    expect(partsOf(4096, 8192, 1, HARDWARE_TUNING)).toBe(64)
    expect(partsOf(1, 4096, 256, HARDWARE_TUNING)).toBe(1)
    expect(partsOf(16_384, 4096, 256, HARDWARE_TUNING)).toBe(1)
    expect(partsOf(1, 4096, 32, SOFTWARE_TUNING)).toBe(1)
    expect(partsOf(1, 2 ** 20, 32, SOFTWARE_TUNING)).toBe(2)
  })
})
