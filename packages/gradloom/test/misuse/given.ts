import { reference } from '@gradloom/conformance'
import * as core from '@gradloom/core'
import * as nn from '@gradloom/nn'
import * as ops from '@gradloom/ops'
import * as optim from '@gradloom/optim'

const { tensor } = core
export const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
])
export const v = tensor([0.5, 0.25, 0.75])
export const s = tensor(2)
export const i = tensor([0, 1], { dtype: 'int32' })
export const bool = tensor([true, false, true])
export const square = tensor([
  [2, 1],
  [1, 3],
])
export const image = core.reshape(ops.arange(0, 32, 1, { dtype: 'float32' }), [1, 2, 4, 4])
export const signal = core.reshape(ops.arange(0, 8, 1, { dtype: 'float32' }), [1, 2, 4])
export const volume = core.reshape(ops.arange(0, 64, 1, { dtype: 'float32' }), [1, 1, 4, 4, 4])
export const host = core.hostArray(Float32Array.of(1, 2, 3), [3])
export const rng = ops.createRng(1)
export const rt = core.createRuntime({ backends: [reference()] })
core.setRuntime(rt)
export const env = rt.variables()
env.name('w').set([1, 2, 3])
export const w = env.name('w').tensor
export const softcap = core.defineOp({ name: 'misuse/double', expr: ([a]) => a.mul(2) })
export const sgd = optim.sgd({ learningRate: 0.1 })
export const cell = { inputWeight: core.ones([8, 3]), hiddenWeight: core.ones([8, 2]), bias: core.zeros([8]) }
export const gru = { inputWeight: core.ones([6, 3]), hiddenWeight: core.ones([6, 2]), bias: core.zeros([6]) }
export const rnn = { inputWeight: core.ones([2, 3]), hiddenWeight: core.ones([2, 2]), bias: core.zeros([2]) }
export const h = core.zeros([1, 2])
export const steps = core.ones([1, 4, 3])
export const mha = {
  query: core.ones([4, 4]),
  key: core.ones([4, 4]),
  value: core.ones([4, 4]),
  output: core.ones([4, 4]),
}
export const tokens = core.ones([3, 4])
export const linear = nn.layers.linear(3, 2)
export const kernels = nn.model(rt.variables(), linear, rng)

/** Arguments that a function takes: what is wrong is put in their places. */
export type Right = readonly unknown[]
