/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import type { Tensor } from '@gradloom/core'
import * as g from '../functions.ts'

/** A call that must fail while the graph is built: with an error of this name and code, whose message names all of
 * `mentions`. */
export interface ErrorSample {
  readonly op: string
  readonly name: string
  readonly build: () => unknown
  readonly error: string
  readonly mentions: readonly string[]
}

const t = (...shape: number[]): Tensor => g.zeros(shape)
const i = (...shape: number[]): Tensor => g.zeros(shape, { dtype: 'int32' })
const b = (...shape: number[]): Tensor => g.zeros(shape, { dtype: 'bool' })
const CODES: Readonly<Record<string, string>> = {
  ShapeError: 'SHAPE',
  DTypeError: 'DTYPE',
  GradError: 'GRAD',
  NameError: 'NAME',
  IndexError: 'INDEX',
  FeedError: 'FEED',
  KernelError: 'KERNEL',
  BackendError: 'BACKEND',
  DisposedError: 'DISPOSED',
  FormatError: 'FORMAT',
}

const shape = (op: string, name: string, build: () => unknown, ...mentions: string[]): ErrorSample => ({
  op,
  name,
  build,
  error: 'ShapeError',
  mentions: [`${op}:`, ...mentions],
})
const dtype = (op: string, name: string, build: () => unknown, ...mentions: string[]): ErrorSample => ({
  op,
  name,
  build,
  error: 'DTypeError',
  mentions: [`${op}:`, ...mentions],
})
const gradient = (name: string, build: () => unknown, ...mentions: string[]): ErrorSample => ({
  op: 'grad',
  name,
  build,
  error: 'GradError',
  mentions,
})

const binaries = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'remainder',
  'maximum',
  'minimum',
  'atan2',
  'hypot',
  'equal',
  'less',
  'lessEqual',
] as const
const reductions = [
  'sum',
  'mean',
  'prod',
  'max',
  'min',
  'any',
  'all',
  'variance',
  'std',
  'logSumExp',
  'argMax',
  'argMin',
] as const

/** Calls that shapes and dtypes alone decide. */
export const errorSamples: readonly ErrorSample[] = [
  ...binaries.map((op) => shape(op, 'shapes that do not broadcast', () => g[op](t(2, 3), t(4)), '[2, 3]', '[4]')),
  ...reductions.flatMap((op) => [
    shape(op, 'an axis out of range', () => g[op](t(2, 3), { axis: 2 }), '2', '[2, 3]'),
    shape(op, 'an axis too far from the end', () => g[op](t(2, 3), { axis: -3 }), '-3', '[2, 3]'),
    shape(op, 'an axis named twice', () => g[op](t(2, 3), { axis: [1, -1] }), '[2, 3]'),
  ]),
  ...(['max', 'min', 'argMax', 'argMin'] as const).map((op) =>
    shape(op, 'an empty axis', () => g[op](t(2, 0), { axis: 1 }), '[2, 0]'),
  ),
  ...(['cumsum', 'cumprod', 'sort', 'argsort'] as const).map((op) =>
    shape(op, 'an axis out of range', () => g[op](t(2, 3), { axis: 5 }), '5', '[2, 3]'),
  ),
  ...(['sub', 'pow', 'remainder'] as const).map((op) => dtype(op, 'bools', () => g[op](b(2), b(2)), 'bool')),
  dtype('neg', 'bools', () => g.neg(b(2)), 'bool'),
  dtype('max', 'bools', () => g.max(b(2)), 'bool'),
  shape('topK', 'more than there are', () => g.topK(t(2, 3), 4), '4', '[2, 3]'),
  shape('topK', 'a negative number', () => g.topK(t(3), -1), '-1'),
  shape('where', 'shapes that do not broadcast', () => g.where(b(2), t(3), t(3)), '[2]', '[3]'),
  dtype('cast', 'an unknown dtype', () => g.cast(t(2), 'int8' as never), 'int8'),
  dtype('polygamma', 'a fractional order', () => g.polygamma(0.5, t(2)), '0.5'),

  shape('reshape', 'the wrong size', () => g.reshape(t(2, 3), [4]), '[2, 3]', '[4]'),
  shape('reshape', 'two unknown sizes', () => g.reshape(t(2, 3), [-1, -1]), '[-1, -1]'),
  shape('reshape', 'a size that does not divide', () => g.reshape(t(2, 3), [4, -1]), '[2, 3]', '[4, -1]'),
  shape('reshape', 'a negative size', () => g.reshape(t(2, 3), [-2, -3]), '[-2, -3]'),
  shape('transpose', 'no permutation', () => g.transpose(t(2, 3), [0, 0]), '[2, 3]'),
  shape('transpose', 'an axis missing', () => g.transpose(t(2, 3), [1]), '[2, 3]'),
  shape('broadcastTo', 'sizes that differ', () => g.broadcastTo(t(2, 3), [4, 3]), '[2, 3]', '[4, 3]'),
  shape('broadcastTo', 'fewer axes', () => g.broadcastTo(t(2, 3), [3]), '[2, 3]', '[3]'),
  shape('expandDims', 'an axis out of range', () => g.expandDims(t(2), 3), '3'),
  shape('squeeze', 'a size other than 1', () => g.squeeze(t(2, 1), 0), '[2, 1]'),
  shape('concat', 'other sizes differ', () => g.concat([t(2, 3), t(3, 3)], 1), '[2, 3]', '[3, 3]'),
  shape('concat', 'ranks differ', () => g.concat([t(2), t(2, 2)]), '[2]', '[2, 2]'),
  shape('concat', 'nothing', () => g.concat([])),
  shape('stack', 'shapes differ', () => g.stack([t(2), t(2, 1)]), '[2]', '[2, 1]'),
  shape('split', 'uneven parts', () => g.split(t(5), 2), '5'),
  shape('split', 'sizes that do not add up', () => g.split(t(5), [2, 2]), '5'),
  shape('slice', 'too many specs', () => g.slice(t(2), [null, null]), '[2]'),
  shape('slice', 'an integer out of range', () => g.slice(t(2, 3), [null, 3]), '3', '[2, 3]'),
  shape('slice', 'a step of 0', () => g.slice(t(4), [[0, 4, 0]]), '0'),
  shape('pad', 'negative widths', () => g.pad(t(2), [[-1, 0]]), '[2]'),
  shape('pad', 'an axis without widths', () => g.pad(t(2, 2), [[1, 1]]), '[2, 2]'),
  shape('flip', 'an axis out of range', () => g.flip(t(2), 1), '1', '[2]'),
  shape('tile', 'negative repeats', () => g.tile(t(2), [-1]), '-1'),
  shape('roll', 'a shift missing', () => g.roll(t(2, 2), 1, [0, 1]), '[2, 2]'),
  shape('triu', 'a vector', () => g.triu(t(3)), '[3]'),
  shape('tril', 'a vector', () => g.tril(t(3)), '[3]'),
  shape('diagonal', 'one axis twice', () => g.diagonal(t(2, 2), 0, { axes: [1, -1] }), '[2, 2]'),
  shape('diag', 'three axes', () => g.diag(t(2, 2, 2)), '[2, 2, 2]'),
  dtype('take', 'float indices', () => g.take(t(3), t(2)), 'float32'),
  shape('take', 'an axis out of range', () => g.take(t(3), i(2), 1), '1', '[3]'),
  shape('take', 'an empty axis', () => g.take(t(0, 2), i(1)), '[0, 2]'),
  shape('takeAlongAxis', 'other sizes differ', () => g.takeAlongAxis(t(2, 3), i(3, 1), 1), '[3, 1]'),
  shape('scatterAdd', 'updates of another shape', () => g.scatterAdd(t(3, 2), i(4), t(4, 3)), '[4, 2]', '[4, 3]'),
  shape(
    'scatterAddAlongAxis',
    'updates of another shape',
    () => g.scatterAddAlongAxis(t(2, 3), i(2, 1), t(2, 2), 1),
    '[2, 1]',
    '[2, 2]',
  ),
  dtype('checkIndices', 'floats', () => g.checkIndices(t(2), 3), 'float32'),
  dtype('oneHot', 'floats', () => g.oneHot(t(2), 3), 'float32'),
  shape('arange', 'a step of 0', () => g.arange(0, 3, 0)),
  dtype('linspace', 'an integer dtype', () => g.linspace(0, 1, 3, { dtype: 'int32' }), 'int32'),
  shape('full', 'a negative size', () => g.full([2, -3], 0), '[2, -3]'),
  shape('tensor', 'ragged rows', () => g.tensor([[1, 2], [3]]), '[2]', '[1]'),
  dtype('tensor', 'a fraction as an integer', () => g.tensor([1.5], { dtype: 'int32' }), '1.5'),
  dtype('tensor', 'NaN as an integer', () => g.tensor([NaN], { dtype: 'int32' }), 'NaN'),
  dtype('tensor', 'a gradient of integers', () => g.tensor([1], { dtype: 'int32', requiresGrad: true }), 'int32'),

  shape('matmul', 'contracting sizes differ', () => g.matmul(t(2, 3), t(4, 5)), '[2, 3]', '[4, 5]', '3 and 4'),
  shape('matmul', 'batches that do not broadcast', () => g.matmul(t(2, 3, 4), t(3, 4, 5)), '[2]', '[3]'),
  shape('matmul', 'a scalar', () => g.matmul(t(), t(2, 2)), '[2, 2]'),
  dtype('matmul', 'bools', () => g.matmul(b(2, 2), b(2, 2)), 'bool'),
  shape('einsum', 'sizes of one label differ', () => g.einsum('ij,jk->ik', t(2, 3), t(4, 5)), '[2, 3]', '[4, 5]'),
  shape('einsum', 'labels that do not fit the axes', () => g.einsum('ijk->i', t(2, 3)), '[2, 3]'),
  shape('tensordot', 'sizes differ', () => g.tensordot(t(2, 3), t(2, 3), 1), '[2, 3]'),

  gradient('an unreachable x', () => g.grad([g.square(t(2))], [t(3)]), '[3]', 'allowUnused'),
  gradient(
    'an integer x',
    () => {
      const x = i(2)
      return g.grad([g.cast(x, 'float32')], [x])
    },
    'int32',
  ),
  gradient(
    'an integer y',
    () => {
      const x = t(2)
      return g.grad([g.argMax(x)], [x])
    },
    'int32',
  ),
  gradient('a function value that is no scalar', () => g.grad((x: Tensor) => g.square(x))([1, 2]), '[2]'),
  {
    ...gradient(
      'a cotangent of another shape',
      () => {
        const x = t(2)
        return g.grad([g.square(x)], [x], { cotangents: [t(3)] })
      },
      '[3]',
      '[2]',
    ),
    error: 'ShapeError',
  },
  {
    op: 'createRegistry',
    name: 'one name twice',
    error: 'NameError',
    mentions: ['acme/x'],
    build: () =>
      g.createRegistry([
        { name: 'a', ops: [acme] },
        { name: 'b', ops: [sameName] },
      ]),
  },
  {
    op: 'createRegistry',
    name: 'two kernels of one op',
    error: 'NameError',
    mentions: ['acme/x'],
    build: () => {
      const by = (name: string): g.Plugin => ({ name, ops: [acme], kernels: { cpu: { 'acme/x': () => name } } })
      return g.createRegistry([by('a'), by('b')])
    },
  },
]
const named = (): g.Op<never> => g.defineOp({ name: 'acme/x', expr: ([x]) => x }) as unknown as g.Op<never>
const acme = named()
const sameName = named()

/** What is wrong with how a call fails; null where it fails as it must. */
export function checkError({ build, error, mentions }: ErrorSample): string | null {
  try {
    build()
  } catch (thrown) {
    return describeError(thrown, error, mentions)
  }
  return `${error} required, got no error`
}

/** What is wrong with an error; null where its name, code and mentions are right. */
export function describeError(thrown: unknown, name: string, mentions: readonly string[]): string | null {
  const { name: got, code, message } = thrown as Error & { readonly code?: string }
  if (got !== name || code !== CODES[name])
    return `${name} with code ${CODES[name]} required, got ${got} with ${code}: ${message}`
  const absent = mentions.filter((m) => !message.includes(m))
  return absent.length ? `a message with ${absent.join(' and ')} required, got "${message}"` : null
}
