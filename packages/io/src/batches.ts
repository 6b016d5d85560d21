import { allocate, hostArray, isHostArray, ShapeError, show, Tensor, toHostArray } from '@gradloom/core'
import type { ArrayLike, HostArray } from '@gradloom/core'
import { hostArrays } from './array-like.ts'
import { entriesOf } from './named.ts'
import { prefetch } from './prefetch.ts'
import type { Prefetch } from './prefetch.ts'
import { checkSizes, iota, permutation } from './permutation.ts'
import { refuse } from './refuse.ts'
import { settings } from '@gradloom/core/extend'

export interface BatchOptions {
  /** Rows of a batch. */
  readonly size: number
  /** Whether rows come in random order. Left out: false. */
  readonly shuffle?: boolean
  /** Of the random order: a whole number from 0 to 2^53 - 1. Left out: 0. */
  readonly seed?: number
  /** Another one gives another random order. Left out: 0. */
  readonly epoch?: number
  /** Whether a last batch of fewer rows is left out. Left out: false. */
  readonly dropLast?: boolean
}

/** Rows that are read when they are needed, such as images on a disk. */
export interface RowSource<B> {
  readonly rowCount: number
  read(rows: Uint32Array): B | Promise<B>
}

export interface Batches<B> extends AsyncIterable<B> {
  readonly batchCount: number
}

type Dataset = Readonly<Record<string, ArrayLike>>

/**
 * Splits arrays that share their first axis (rows) into batches: an async iterable, to be walked any number of times.
 * Typed arrays have an element a row; nested ones are float32.
 *
 * Every batch has new arrays of shape [size, ...rest], the last one of the rows left over. The next batch is made while
 * the consumer waits for its own work. The order depends on `seed`, `epoch` and the row count only, on every platform.
 * @throws ShapeError for arrays without a common first axis, or a size, seed or epoch that is not a whole number;
 * FormatError for values that are no arrays; NameError, SettingError for settings
 * @example
 * for (let epoch = 0; epoch < 3; epoch++)
 *   for await (const { x, y } of batches({ x: images, y: labels }, { size: 64, shuffle: true, seed: 42, epoch })) await
 * step({ x, y })
 */
export function batches<D extends Dataset>(dataset: D, options: BatchOptions): Batches<{ [K in keyof D]: HostArray }>
export function batches<B>(source: RowSource<B>, options: BatchOptions): Batches<B>
export function batches(dataset: Dataset | RowSource<unknown>, options: BatchOptions): Batches<unknown> {
  const known = { size: 0, shuffle: false, seed: 0, epoch: 0, dropLast: false }
  const { size, shuffle, seed, epoch, dropLast } = settings('batches', options, known)
  const source = isSource(dataset) ? dataset : sourceOf(dataset)
  const { rowCount } = source
  checkSizes('batches: rows, size, seed, epoch', [rowCount, size, seed, epoch])
  if (!size) throw new ShapeError('batches: size from 1 required, got 0')
  const batchCount = dropLast ? Math.floor(rowCount / size) : Math.ceil(rowCount / size)

  async function* walk(): AsyncGenerator<unknown> {
    const order = shuffle ? permutation(rowCount, seed, epoch) : iota(rowCount)
    const load = (index: number): Prefetch<unknown> | undefined =>
      index < batchCount ? prefetch(async () => source.read(order.slice(index * size, (index + 1) * size))) : undefined
    let next = load(0)
    try {
      for (let index = 0; next; index++) {
        const batch = await next.get()
        next = load(index + 1)
        yield batch
      }
    } finally {
      next?.cancel()
    }
  }
  return Object.freeze({ batchCount, [Symbol.asyncIterator]: walk })
}

const isSource = (dataset: Dataset | RowSource<unknown>): dataset is RowSource<unknown> =>
  typeof Object(dataset).read === 'function'

const isList = (value: unknown): boolean => Array.isArray(value) || ArrayBuffer.isView(value)

function sourceOf(dataset: Dataset): RowSource<unknown> {
  if (isList(dataset) || dataset instanceof Tensor || isHostArray(dataset))
    refuse('batches', 'arrays by name, such as { x, y },', typeof dataset)
  const arrays = entriesOf(dataset, 'batches').map(([name, x]) => [name, isList(x) ? toHostArray(x) : x] as const)
  const columns = hostArrays(new Map(arrays as [string, HostArray][]), 'batches')
  const rowCount = columns[0]?.[1].shape[0]
  if (rowCount === undefined || columns.some(([, { shape }]) => shape[0] !== rowCount))
    throw new ShapeError(
      `batches: arrays must share their first axis, got ` +
        `${columns.map(([name, { shape }]) => `${name} ${show(shape)}`)}`,
    )
  const read = (rows: Uint32Array): unknown =>
    Object.fromEntries(
      columns.map(([name, { data, shape, dtype }]) => {
        const width = data.length / rowCount
        const taken = allocate(dtype, rows.length * width)
        rows.forEach((row, i) => taken.set(data.subarray(row * width, (row + 1) * width), i * width))
        return [name, hostArray(taken, [rows.length, ...shape.slice(1)], dtype)]
      }),
    )
  return { rowCount, read }
}
