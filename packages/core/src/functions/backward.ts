import { copyOf, toHostArray, type HostArray } from '../host.ts'
import { GradError } from '../errors.ts'
import { add } from '../ops/arithmetic.ts'
import { value } from '../ops/leaf.ts'
import { describe, sameMeta } from '../graph/meta.ts'
import { stopsGradients } from '../graph/op.ts'
import { show, sizeOf } from '../shape.ts'
import { runtimeOf, type Tensor, type TensorLike } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { grad } from './grad.ts'

/** See {@link Tensor.backward}. @throws GradError where t is no scalar and no cotangent is given, or nothing behind it
 * has `requiresGrad` */
export async function backward(t: Tensor, cotangent?: TensorLike): Promise<void> {
  if (cotangent === undefined && sizeOf(t.shape) !== 1)
    throw new GradError(`backward: a scalar required, got ${show(t.shape)}; sum it, or give a cotangent`)
  const xs = topological([t], stopsGradients).flatMap((node) => node.outputs.filter((x) => x.requiresGrad))
  if (!xs.length)
    throw new GradError(
      'backward: nothing that this depends on has requiresGrad; make a tensor with { requiresGrad: true }',
    )
  for (const x of xs)
    if (x.grad && !sameMeta(x.grad, x))
      throw new GradError(`backward: ${describe(x)} required as its grad, got ${describe(x.grad)}; set that to null`)
  const grads = grad([t], xs, cotangent === undefined ? {} : { cotangents: [cotangent] })
  const hosts = await runtimeOf(t).evaluate(grads)
  // Added when it is there, so that calls which overlap all count.
  xs.forEach((x, i) => {
    x.grad = x.grad ? sumOf(x.grad, hosts[i]) : known(hosts[i])
  })
}

function known(host: HostArray): Tensor {
  const t = value(host)
  t.memo = host
  return t
}

/** Added here where both are known, so that no graph grows behind a gradient that nobody reads. */
function sumOf(have: Tensor, more: HostArray): Tensor {
  const { memo } = have
  if (!memo) return add(have, value(more))
  const { dtype } = memo
  const wide = dtype === 'float16' ? 'float32' : dtype
  const sum = copyOf(toHostArray(memo, wide))
  toHostArray(more, wide).data.forEach((v, i) => {
    sum.data[i] += v
  })
  return known(toHostArray(sum, dtype))
}
