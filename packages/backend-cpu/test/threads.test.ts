/* oxlint-disable vitest/expect-expect -- sameBits expects */
import { createHash } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import {
  add,
  createRuntime,
  hostArray,
  matmul,
  mean,
  reshape,
  sizeOf,
  slice,
  square,
  sum,
  tanh,
  tensor,
  transpose,
  type HostArray,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { lgamma } from '@gradloom/ops'
import {
  avgPool2d,
  conv2d,
  gelu,
  layerNorm,
  maxPool2d,
  multiHeadAttention,
  relu,
  softmax,
  sparseSoftmaxCrossEntropy,
} from '@gradloom/nn'
import { adam } from '@gradloom/optim'
import { cpu } from '../src/index.ts'

const runtimes = [1, 2, 4].map((threads) => createRuntime({ backends: [cpu({ threads })] }))
afterAll(() => Promise.all(runtimes.map((r) => r.close())))

const noise = (shape: readonly number[], seed: number, scale = 1): HostArray =>
  hostArray(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => scale * Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1))),
    shape,
  )
const digest = (hosts: readonly HostArray[]): string[] =>
  hosts.map(({ data }) => createHash('sha256').update(data).digest('hex'))
async function sameBits(run: (runtime: Runtime) => Promise<readonly HostArray[]>): Promise<void> {
  const [one, ...others] = (await Promise.all(runtimes.map(run))).map(digest)
  expect(one.length).toBeGreaterThan(0)
  for (const other of others) expect(other).toEqual(one)
}

type Loss = (p: readonly Tensor[], x: Tensor, labels: Tensor) => Tensor
/** Losses of some steps and the parameters that they leave. */
async function train(
  runtime: Runtime,
  shapes: readonly (readonly number[])[],
  input: readonly number[],
  loss: Loss,
): Promise<HostArray[]> {
  const env = runtime.variables()
  const labels = hostArray(
    Int32Array.from({ length: input[0] }, (_, i) => (i * 7) % 10),
    [input[0]],
  )
  const losses: HostArray[] = []
  shapes.forEach((shape, i) => env.name(`p${i}`).set(noise(shape, i, 0.3)))
  const step = env.compile((ctx) => {
    const value = loss(
      shapes.map((_, i) => ctx.variable(`p${i}`)),
      ctx.placeholder('x', input),
      ctx.placeholder('labels', [input[0]], 'int32'),
    )
    return { value, train: adam({ learningRate: 0.01 }).minimize(value, ctx.variables()) }
  })
  for (let k = 0; k < 3; k++) losses.push((await step({ x: noise(input, 50 + k), labels })).value)
  return [...losses, ...(await Promise.all(shapes.map((_, i) => env.name(`p${i}`).get())))]
}
const crossEntropy = (scores: Tensor, labels: Tensor): Tensor =>
  sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })

test('a convolutional network trains to the same bits on 1, 2 and 4 threads', () =>
  sameBits((runtime) =>
    train(
      runtime,
      [
        [13, 3, 3, 3],
        [13, 1, 5, 5],
        [24, 13, 3, 3],
        [24 * 2 * 2, 10],
      ],
      [17, 3, 26, 26],
      ([a, b, c, w], x, labels) => {
        const h = maxPool2d(relu(conv2d(x, a, { padding: 'same' })), { kernelSize: 2 })
        const g = avgPool2d(relu(conv2d(h, b, { groups: 13, padding: 2, stride: 2 })), {
          kernelSize: 3,
          stride: 2,
          padding: 1,
        })
        return crossEntropy(
          matmul(reshape(maxPool2d(conv2d(g, c, { padding: 'same' }), { kernelSize: 2 }), [17, -1]), w),
          labels,
        )
      },
    ),
  ))

test('a network of products and rows trains to the same bits on 1, 2 and 4 threads', () =>
  sameBits((runtime) =>
    train(
      runtime,
      [[193, 257], [257], [257, 257], [257], [257], [257, 10]],
      [131, 193],
      ([w, b, v, scale, bias, u], x, labels) => {
        const h = gelu(add(matmul(x, w), b), { approximate: 'tanh' })
        const g = layerNorm(add(h, matmul(softmax(matmul(h, transpose(h))), matmul(h, v))), { scale, bias })
        return crossEntropy(matmul(g, u), labels)
      },
    ),
  ))

test('attention trains to the same bits on 1, 2 and 4 threads', () =>
  sameBits((runtime) =>
    train(
      runtime,
      [
        [12, 12],
        [12, 12],
        [12, 12],
        [12, 12],
        [12, 10],
      ],
      [3, 70, 12],
      ([query, key, value, output, w], x, labels) =>
        crossEntropy(
          matmul(
            mean(multiHeadAttention(x, { query, key, value, output }, { heads: 3, causal: true }), { axis: 1 }),
            w,
          ),
          labels,
        ),
    ),
  ))

test('products of single rows and columns, many small products and functions that only the caller has give the same bits', () =>
  sameBits((runtime) =>
    runtime.run(async (ctx) => {
      const input = (shape: readonly number[], seed: number): Tensor => tensor(noise(shape, seed))
      const a = input([517, 1031], 0)
      const x = input([1031, 1], 1)
      const y = input([517, 1], 2)
      const many = input([67, 33, 65], 3)
      const others = input([67, 65, 31], 4)
      return ctx
        .evaluator()
        .push(
          matmul(a, x),
          matmul(transpose(x), transpose(a)),
          matmul(transpose(a), y),
          matmul(transpose(y), a),
          matmul(many, others),
          matmul(many, slice(others, [0])),
          lgamma(add(square(a), 0.5)),
          sum(tanh(a)),
          mean(a, { axis: 0 }),
          sum(a, { axis: 1 }),
        )
        .run()
    }),
  ))

test('a shared memory grows under a plan that is there already', async () => {
  const runtime = createRuntime({ backends: [cpu({ threads: 2 })] })
  const env = runtime.variables()
  env.name('w').set(noise([64, 64], 1))
  const step = env.compile((ctx) => ({ y: sum(tanh(matmul(ctx.placeholder('x', [-1, 64]), ctx.variable('w')))) }))
  const small = noise([256, 64], 2)
  const [first] = digest([(await step({ x: small })).y])
  await step({ x: noise([100_000, 64], 3) })
  expect(digest([(await step({ x: small })).y])).toEqual([first])
  await runtime.close()
})
