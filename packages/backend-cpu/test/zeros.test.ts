import { reference } from '@gradloom/conformance'
import { clip, createRuntime, maximum, minimum, tensor, type DType, type Runtime, type Tensor } from '@gradloom/core'
import { hardTanh, hardSigmoid } from '@gradloom/nn'
import { afterAll, expect, test } from 'vitest'
import { cpu } from '../src/index.ts'

const own = createRuntime({ backends: [cpu({ placement: 'inline', threads: 1 })] })
const oracle = createRuntime({ backends: [reference()] })
afterAll(() => Promise.all([own, oracle].map((rt) => rt.close())))

const xs = [-0, 0, -1, 1, NaN, -Infinity, Infinity, -0, 0]
const dtypes: readonly DType[] = ['float32', 'float64']
const functions: Record<string, (x: Tensor) => Tensor> = {
  'maximum(x, 0)': (x) => maximum(x, 0),
  'maximum(x, -0)': (x) => maximum(x, -0),
  'maximum(0, x)': (x) => maximum(0, x),
  'minimum(x, 0)': (x) => minimum(x, 0),
  'minimum(x, -0)': (x) => minimum(x, -0),
  'minimum(-0, x)': (x) => minimum(-0, x),
  'clip from 0': (x) => clip(x, { min: 0 }),
  'clip to -0': (x) => clip(x, { max: -0 }),
  'clip to 0': (x) => clip(x, { min: 0, max: 0 }),
  hardTanh: (x) => hardTanh(x, { min: 0, max: 1 }),
  hardSigmoid: (x) => hardSigmoid(x),
}
const bits = async (rt: Runtime, t: Tensor): Promise<number[]> => Array.from((await rt.evaluate([t]))[0].data)

test.each(dtypes.flatMap((dtype) => Object.keys(functions).map((name) => [name, dtype] as const)))(
  '%s of zeros of both signs is as the reference has it, in %s',
  async (name, dtype) => {
    const y = functions[name](tensor(xs, { dtype }))
    // toEqual tells -0 from 0.
    expect(await bits(own, y)).toEqual(await bits(oracle, y))
  },
)
