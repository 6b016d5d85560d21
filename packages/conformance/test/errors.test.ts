/* oxlint-disable vitest/expect-expect -- `refuses` and `leavesVariables` expect */
import { cpu } from '@gradloom/backend-cpu'
import {
  DisposedError,
  add,
  assign,
  concat,
  createRuntime,
  defineOp,
  apply,
  full,
  grad,
  matmul,
  mean,
  mul,
  reshape,
  sub,
  sum,
  tensor,
  type ArrayLike,
  type Backend,
  type Runtime,
  type Tensor,
  type VariableEnvironment,
  type CompiledStep,
  type Update,
} from '@gradloom/core'
import { decodeIdx, decodeSafetensors, encodeIdx, encodeSafetensors } from '@gradloom/io'
import { sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { sgd } from '@gradloom/optim'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reference } from '../src/index.ts'
import { describeError } from '../src/suite/errors.ts'

const X = [
  [1, 2, 3],
  [-1, 0, 1],
]
const LABELS = Int32Array.of(1, 0)
type Feeds = Readonly<Record<string, ArrayLike>>
type Train = CompiledStep<{ loss: Tensor; train: Update }>

/** Fails unless `body` throws or rejects with an error of the name that mentions all of `mentions`. */
async function refuses(body: () => unknown, name: string, ...mentions: string[]): Promise<void> {
  const wrong = await Promise.resolve()
    .then(body)
    .then(
      () => `${name} required, got no error`,
      (error: unknown) => describeError(error, name, mentions),
    )
  expect(wrong).toBeNull()
}

const backends: readonly (readonly [string, () => Backend])[] = [
  ['reference', reference],
  ['cpu', () => cpu()],
]

describe.each(backends)('bad input on %s', (_, create) => {
  let runtime: Runtime
  let environment: VariableEnvironment
  let step: Train
  beforeAll(async () => {
    runtime = createRuntime({ backends: [create()] })
    environment = runtime.variables()
    environment.name('w').set([
      [0.1, -0.2],
      [0.3, 0.4],
      [-0.5, 0.6],
    ])
    environment.namespace('head').name('b').set([0.5, -0.5])
    step = environment.compile((ctx) => {
      const x = ctx.placeholder('x', [-1, 3])
      const y = ctx.placeholder('y', [-1], 'int32')
      const loss = mean(sparseSoftmaxCrossEntropy(add(matmul(x, ctx.variable('w')), ctx.variable('head/b')), y))
      return { loss, train: sgd({ learningRate: 0.5 }).minimize(loss, ctx.variables()) }
    })
    await step({ x: X, y: LABELS })
  })
  afterAll(() => runtime.close())

  const values = async (): Promise<string> =>
    JSON.stringify([...(await environment.save())].map(([name, host]) => [name, host.shape, Array.from(host.data)]))
  /** Asserts the error, that no variable changed, and that the step works again. */
  async function leavesVariables(body: () => unknown, name: string, ...mentions: string[]): Promise<void> {
    const before = await values()
    await refuses(body, name, ...mentions)
    expect(await values()).toBe(before)
    await step({ x: X, y: LABELS })
    expect(await values()).not.toBe(before)
  }
  const feeds: readonly (readonly [string, Feeds, string, readonly string[]])[] = [
    [
      'a feed of the wrong shape',
      {
        x: [
          [1, 2],
          [3, 4],
        ],
        y: LABELS,
      },
      'FeedError',
      ['x', '[-1, 3]', '[2, 2]'],
    ],
    ['a feed of the wrong rank', { x: [1, 2, 3], y: LABELS }, 'FeedError', ['x', '[-1, 3]', '[3]']],
    ['a flat feed that does not divide', { x: new Float32Array(7), y: LABELS }, 'FeedError', ['x', '[-1, 3]', '7']],
    ['ragged rows', { x: [[1, 2, 3], [4]], y: LABELS }, 'FeedError', ['x', '[-1, 3]']],
    ['a missing feed', { x: X }, 'FeedError', ['y', 'int32 [-1]']],
    ['an unknown feed', { x: X, y: LABELS, z: 1 }, 'FeedError', ['z', 'x, y']],
    ['a feed of another dtype', { x: X, y: Float32Array.of(1, 0) }, 'FeedError', ['y', 'int32', 'Float32Array']],
    ['a feed of a wider dtype', { x: new Float64Array(6), y: LABELS }, 'FeedError', ['x', 'float32', 'Float64Array']],
    ['a NaN label', { x: X, y: [NaN, 0] }, 'FeedError', ['y', 'NaN']],
    ['a fractional label', { x: X, y: [0.5, 0] }, 'FeedError', ['y', '0.5']],
    ['a null feed', { x: X, y: null as never }, 'FeedError', ['y', 'null']],
    ['a label out of range', { x: X, y: Int32Array.of(1, 2) }, 'IndexError', ['2', 'position 1']],
    ['a negative label', { x: X, y: Int32Array.of(-1, 0) }, 'IndexError', ['-1', 'position 0']],
    ['batches of two sizes', { x: X, y: Int32Array.of(1, 0, 1) }, 'ShapeError', ['[2', '[3']],
  ]
  it.each(feeds)('%s names the placeholder and leaves variables alone', (__, given, name, mentions) =>
    leavesVariables(() => step(given), name, ...mentions),
  )

  it('feeds of an evaluator are checked when they are given', () =>
    runtime.run(async (ctx) => {
      const x = ctx.placeholder('x', [2])
      const y = mul(x, 2)
      await refuses(() => ctx.evaluator().push(y).feed('z', 1), 'FeedError', 'z', 'x')
      await refuses(() => ctx.evaluator().push(y).feed(x, [1, 2, 3]), 'FeedError', 'x', '[2]', '[3]')
      await refuses(() => ctx.evaluator().push(y).feed(y, [1, 2]), 'FeedError')
      await refuses(() => ctx.evaluator().push(y).run(), 'FeedError', 'x', 'float32 [2]')
      await refuses(() => ctx.placeholder('x', [3]), 'NameError', 'x', '[2]', '[3]')
      await refuses(() => ctx.placeholder('n', [-2]), 'ShapeError', '[-2]')
      await refuses(() => ctx.variable('w'), 'NameError', 'w')
    }))

  const graphs: readonly (readonly [string, (w: Tensor, b: Tensor) => Tensor, string, readonly string[]])[] = [
    ['contracting sizes that differ', (w, b) => matmul(matmul(w, w), b), 'ShapeError', ['matmul', '[3, 2]', '2 and 3']],
    ['shapes that do not broadcast', (w) => add(w, [1, 2, 3]), 'ShapeError', ['add', '[3, 2]', '[3]']],
    ['an axis out of range', (w) => sum(w, { axis: 2 }), 'ShapeError', ['sum', '2', '[3, 2]']],
    ['an axis named twice', (w) => sum(w, { axis: [0, -2] }), 'ShapeError', ['sum', '[3, 2]']],
    ['a reshape of the wrong size', (w) => reshape(w, [4, 2]), 'ShapeError', ['reshape', '[3, 2]', '[4, 2]']],
    ['a negative size', () => full([2, -3], 1), 'ShapeError', ['full', '[2, -3]']],
    [
      'parts whose sizes differ',
      (w, b) => concat([w, reshape(b, [1, 2])], 1),
      'ShapeError',
      ['concat', '[3, 2]', '[1, 2]'],
    ],
  ]
  it.each(graphs)('%s is refused while a step is built', (__, build, name, mentions) =>
    leavesVariables(
      () => environment.compile((ctx) => ({ y: build(ctx.variable('w'), ctx.variable('head/b')) })),
      name,
      ...mentions,
    ),
  )

  it('unknown sizes that turn out wrong are refused by the run', async () => {
    const odd = environment.compile((ctx) => ({
      y: matmul(ctx.placeholder('x', [-1, -1]), ctx.variable('w')),
      train: assign(ctx.variable('w'), mul(ctx.variable('w'), 2)),
    }))
    await leavesVariables(() => odd({ x: [[1, 2]] }), 'ShapeError', 'matmul', '[1, 2]', '[3, 2]')
  })

  it('a gradient of an unreachable variable names it', () =>
    leavesVariables(
      () => environment.compile((ctx) => ({ g: grad([sum(ctx.variable('w'))], [ctx.variable('head/b')])[0] })),
      'GradError',
      '[2]',
      'allowUnused',
    ))

  it('an op without a kernel names op and backend', async () => {
    const lost = defineOp({ name: 'acme/lost', infer: ([x]) => x })
    const unrunnable = environment.compile((ctx) => ({
      y: apply(lost, [ctx.variable('w')]),
      train: assign(ctx.variable('w'), mul(ctx.variable('w'), 2)),
    }))
    await leavesVariables(() => unrunnable(), 'KernelError', 'acme/lost', 'backend')
  })

  it('a variable keeps its shape and dtype', async () => {
    await leavesVariables(() => environment.name('w').set([1, 2]), 'ShapeError', 'w', '[3, 2]', '[2]')
    await leavesVariables(
      () =>
        environment.name('w').set(
          tensor(
            [
              [1, 2],
              [3, 4],
              [5, 6],
            ],
            { dtype: 'float64' },
          ),
        ),
      'DTypeError',
      'w',
      'float32',
      'float64',
    )
    await leavesVariables(() => environment.assign('nobody', [1]), 'NameError', 'nobody', 'w')
    await leavesVariables(
      () => environment.compile((ctx) => ({ a: assign(ctx.variable('w'), sum(ctx.variable('w'))) })),
      'ShapeError',
      'assign',
      '[3, 2]',
    )
    await leavesVariables(
      () =>
        environment.compile((ctx) => ({
          a: assign(ctx.variable('w'), ctx.variable('w')),
          b: assign(ctx.variable('w'), ctx.variable('w')),
        })),
      'NameError',
    )
  })

  it('loading what does not fit changes nothing', async () => {
    const saved = await environment.save()
    const w = saved.get('w')!
    await leavesVariables(() => environment.load(new Map([['w', w]])), 'NameError', 'head/b')
    await leavesVariables(() => environment.load(new Map([...saved, ['extra', w]])), 'NameError', 'extra')
    await leavesVariables(
      () => environment.load(new Map([...saved, ['head/b', w]])),
      'ShapeError',
      'head/b',
      '[2]',
      '[3, 2]',
    )
  })

  it('a disposed value says so', async () => {
    const double = environment.compile((ctx) => ({ y: mul(ctx.variable('w'), 2) }))
    const { y } = await double({}, { keep: true })
    await refuses(async () => {
      y.dispose()
      await y.data()
    }, 'DisposedError')
    await refuses(() => runtime.evaluate([sub(y, 1)]), 'DisposedError')
    expect(new DisposedError('').code).toBe('DISPOSED')
  })

  it('a closed runtime says so', async () => {
    const other = createRuntime({ backends: [create()] })
    await other.close()
    await refuses(() => other.evaluate([mul(tensor([1]), 2)]), 'BackendError')
  })
})

describe('bad files', () => {
  const idx = encodeIdx({ shape: [2, 3], dtype: 'int32', data: Int32Array.of(1, 2, 3, 4, 5, 6) } as never)
  const tensors = encodeSafetensors(
    new Map([['w', { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } as never]]),
  )
  it.each([
    ['a truncated IDX file', () => decodeIdx(idx.subarray(0, idx.length - 3))],
    ['an IDX file cut in its header', () => decodeIdx(idx.subarray(0, 6))],
    ['something that is no IDX file', () => decodeIdx(new TextEncoder().encode('<html>not found</html>'))],
    ['truncated safetensors', () => decodeSafetensors(tensors.subarray(0, tensors.length - 1))],
    ['safetensors cut in their header', () => decodeSafetensors(tensors.subarray(0, 12))],
    ['safetensors whose header is no JSON', () => decodeSafetensors(Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4))],
    ['an empty file', () => decodeSafetensors(new Uint8Array(0))],
  ])('%s is a FormatError', (_, body) => refuses(body, 'FormatError'))
})
