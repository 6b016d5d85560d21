import { GradError } from '../errors.ts'
import { add } from '../ops/arithmetic.ts'
import { value } from '../ops/leaf.ts'
import { show, sizeOf } from '../shape.ts'
import { runtimeOf, topological, type Tensor, type TensorLike } from '../graph/tensor.ts'
import { grad } from './grad.ts'

/** See {@link Tensor.backward}. @throws GradError where t is no scalar and no cotangent is given, or nothing behind it
 * has `requiresGrad` */
export async function backward(t: Tensor, cotangent?: TensorLike): Promise<void> {
  if (cotangent === undefined && sizeOf(t.shape) !== 1)
    throw new GradError(`backward: a scalar required, got ${show(t.shape)}; sum it, or give a cotangent`)
  const xs = topological([t], (node) => !node.tracked).flatMap((node) => node.outputs.filter((x) => x.requiresGrad))
  if (!xs.length)
    throw new GradError(
      'backward: nothing that this depends on has requiresGrad; make a tensor with { requiresGrad: true }',
    )
  const grads = grad([t], xs, cotangent === undefined ? {} : { cotangents: [cotangent] })
  const hosts = await runtimeOf(t).evaluate(xs.map((x, i) => (x.grad ? add(x.grad, grads[i]) : grads[i])))
  xs.forEach((x, i) => {
    x.grad = value(hosts[i])
    x.grad.memo = hosts[i]
  })
}
