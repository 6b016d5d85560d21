import { allocate, isStorage, type DType } from '../dtype.ts'
import { DisposedError, FeedError } from '../errors.ts'
import { copyOf, isHostArray, toHostArray, wrapped, type ArrayLike, type HostArray } from '../host.ts'
import { describe } from '../graph/meta.ts'
import { Tensor } from '../graph/tensor.ts'
import { RUN_COUNTER, valueOp, type PlaceholderAttrs, type ValueAttrs } from '../ops/leaf.ts'
import { agree, filled, show, type Shape } from '../shape.ts'

/** What a placeholder is fed: host data, or a tensor whose value is there, as `{ keep: true }` gives. */
export type Feed = ArrayLike | Tensor
/** Values of placeholders by name; a tensor is one that a device keeps. */
export type Feeds = ReadonlyMap<string, HostArray | Tensor>

const SCALAR: Shape = Object.freeze([])

/** The feeds of a run: its number, which random ops draw by, and what is added. */
export const feedsOf = (run: number): Map<string, HostArray | Tensor> =>
  new Map([[RUN_COUNTER, wrapped(Uint32Array.of(run), SCALAR, 'uint32')]])

/** The feeds of a run that is the first of its kind. */
export const FIRST_RUN: Feeds = feedsOf(0)

/** Feeds that do not change when the caller's arrays do. */
export const copyFeeds = (feeds: Feeds): Feeds =>
  new Map([...feeds].map(([name, fed]) => [name, fed instanceof Tensor ? fed : copyOf(fed)]))

/** Host arrays that a dtype holds exactly; for float16 a Uint16Array is bits. Everything else is refused: a label of
 * float type is a mistake more often than not. */
const EXACT: { readonly [dtype in DType]: RegExp } = {
  float64: /^(Float|U?int(8|16|32))/i,
  float32: /^(Float(16|32)|U?int(8|16))/i,
  float16: /^(Float16|Uint16|U?int8)/i,
  int32: /^(Int32|U?int(8|16))/i,
  uint32: /^Uint/,
  bool: /^Uint8A/,
}

/** A fed value as the placeholder wants it. Typed arrays may be flat where at most one size is unknown.
 * @throws FeedError naming the placeholder, what it expects and what it got; DisposedError */
export function checkFeed(placeholder: PlaceholderAttrs, fed: Feed): HostArray | Tensor {
  return fed instanceof Tensor ? checkTensor(placeholder, fed) : checkHost(placeholder, fed)
}

/** A tensor that a device keeps stays there; the value of another is on the host once it was read. */
function checkTensor(placeholder: PlaceholderAttrs, fed: Tensor): HostArray | Tensor {
  const { name, shape, dtype, owner } = placeholder
  const refuse = (got: string, next: string): FeedError =>
    new FeedError(`${name}: ${dtype} ${show(shape)} expected, got ${got}; ${next}`)
  const { op, attrs } = fed.node
  const { host, device, owner: home } = op === valueOp ? (attrs as ValueAttrs) : ({} as Partial<ValueAttrs>)
  const known = fed.memo ?? host
  if (known) return checkHost(placeholder, known)
  if (!device) throw refuse(`${describe(fed)} that is not computed`, 'feed await t.eval()')
  if (home !== owner) throw refuse(`${describe(fed)} of another runtime`, 'feed await t.eval()')
  if (device.disposed) throw new DisposedError(`${name}: the tensor that it is fed was disposed; keep it until then`)
  if (fed.dtype !== dtype) throw refuse(describe(fed), 'cast it')
  if (!agree(shape, fed.shape)) throw refuse(describe(fed), 'reshape it')
  return fed
}

function checkHost({ name, shape, dtype }: PlaceholderAttrs, fed: ArrayLike): HostArray {
  const refuse = (got: string, next = ''): never => {
    throw new FeedError(`${name}: ${dtype} ${show(shape)} expected, got ${got}${next && `; ${next}`}`)
  }
  if (fed == null) refuse(String(fed), 'feed an array')
  let host: HostArray
  if (isHostArray(fed) && fed.dtype !== dtype && !widens(fed.dtype, dtype)) refuse(describe(fed), 'convert it')
  if (ArrayBuffer.isView(fed)) {
    if (!isStorage(fed, dtype)) {
      const kind = Object.prototype.toString.call(fed).slice(8, -1)
      if (!EXACT[dtype].test(kind)) refuse(`a ${kind}`, `convert it to ${allocate(dtype, 0).constructor.name}`)
    }
    const { data } = toHostArray(fed, dtype)
    const full = shape.indexOf(-1) === shape.lastIndexOf(-1) && filled(shape, data.length)
    host = wrapped(data, full || refuse(`${data.length} elements`), dtype)
  } else {
    try {
      host = toHostArray(fed, dtype)
    } catch (error) {
      return refuse((error as Error).message)
    }
  }
  // One element fits a scalar in whatever brackets it comes.
  if (!shape.length && host.data.length === 1) return wrapped(host.data, SCALAR, dtype)
  if (!agree(shape, host.shape)) refuse(describe(host))
  return host
}

const widens = (from: DType, to: DType): boolean =>
  to === 'float64' || (to !== 'uint32' && from === 'bool') || (to === 'float32' && from === 'float16')
