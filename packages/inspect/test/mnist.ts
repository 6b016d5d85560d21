import { createRuntime, matmul, reshape, scope, zeros, type Backend, type Tensor } from '@gradloom/core'
import { relu, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { adam } from '@gradloom/optim'

/** The training step of `examples/mnist`, for a batch of 64, as the page of this package has it. */
export function mnist(backend: Backend) {
  const runtime = createRuntime({ backends: [backend] })
  const variables = runtime.variables()
  const rng = createRng(0)
  variables.name('hidden/weight').set(rng.heUniform([784, 128]))
  variables.name('hidden/bias').set(zeros([128]))
  variables.name('output/weight').set(rng.glorotUniform([128, 10]))
  variables.name('output/bias').set(zeros([10]))
  let scores!: Tensor
  const step = variables.compile((ctx) => {
    const images = ctx.placeholder('images', [-1, 28, 28])
    const labels = ctx.placeholder('labels', [-1], 'int32')
    const layer = (x: Tensor, name: string): Tensor =>
      scope(name, () => matmul(x, ctx.variable(`${name}/weight`)).add(ctx.variable(`${name}/bias`)))
    scores = layer(relu(layer(reshape(images, [-1, 784]), 'hidden')), 'output')
    const loss = sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })
    return { loss, train: adam({ learningRate: 0.005 }).minimize(loss, ctx.variables()) }
  })
  const batch = {
    images: new Float32Array(64 * 784).fill(0.5),
    labels: Int32Array.from({ length: 64 }, (_, i) => i % 10),
  }
  return { runtime, step, batch, scores }
}
