import { allocate, dtypeOf, type DType } from '../dtype.ts'
import { FeedError } from '../errors.ts'
import { hostArray, isHostArray, toHostArray, type ArrayLike, type HostArray } from '../host.ts'
import type { PlaceholderAttrs } from '../ops/leaf.ts'
import { isKnown, show, sizeOf, type Shape } from '../shape.ts'

/** Host arrays that a dtype holds exactly. Everything else is refused: a label of float type is a mistake more often than not. */
const EXACT: { readonly [dtype: string]: readonly string[] } = {
  float64: ['Float64Array', 'Float32Array', 'Int32Array', 'Uint32Array', 'Int16Array', 'Uint16Array', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray'],
  float32: ['Float32Array', 'Int16Array', 'Uint16Array', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray'],
  int32: ['Int32Array', 'Int16Array', 'Uint16Array', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray'],
  uint32: ['Uint32Array', 'Uint16Array', 'Uint8Array', 'Uint8ClampedArray'],
  bool: ['Uint8Array'],
  float16: ['Uint16Array'],
}

/** A fed value as the placeholder wants it. Typed arrays may be flat where at most one size is unknown.
 * @throws FeedError naming the placeholder, what it expects and what it got */
export function checkFeed({ name, shape, dtype }: PlaceholderAttrs, fed: ArrayLike): HostArray {
  const expected = `${dtype} ${show(shape)}`
  const refuse = (got: string, next = ''): never => { throw new FeedError(`${name}: ${expected} expected, got ${got}${next && `; ${next}`}`) }
  if (fed == null) refuse(String(fed), 'feed an array')
  let host: HostArray
  if (isHostArray(fed)) host = fed.dtype === dtype || widens(fed.dtype, dtype) ? toHostArray(fed, dtype) : refuse(`${fed.dtype} ${show(fed.shape)}`, 'convert it')
  else if (ArrayBuffer.isView(fed)) {
    const kind = Object.prototype.toString.call(fed).slice(8, -1)
    if (!EXACT[dtype].includes(kind)) refuse(`a ${kind}`, `convert it to ${allocate(dtype, 0).constructor.name}`)
    const flat = dtypeOf(fed) === dtype ? hostArray(fed as never, [(fed as Uint8Array).length], dtype) : toHostArray(fed, dtype)
    host = hostArray(flat.data, resolveFlat(shape, flat.data.length) ?? refuse(`${flat.data.length} elements`), dtype)
  } else {
    try { host = toHostArray(fed, dtype) } catch (error) {
      return refuse((error as Error).message)
    }
  }
  // One element fits a scalar in whatever brackets it comes.
  if (!shape.length && host.data.length === 1) return hostArray(host.data, [], dtype)
  if (host.shape.length !== shape.length || host.shape.some((n, i) => n !== shape[i] && shape[i] !== -1)) refuse(`${host.dtype} ${show(host.shape)}`)
  return host
}

const widens = (from: DType, to: DType): boolean => to === 'float64' ? from !== 'float16' : to === 'float32' ? from === 'bool' : to === 'int32' && from === 'bool'

/** The shape that `length` flat elements have, undefined where they do not fit. */
function resolveFlat(shape: Shape, length: number): number[] | undefined {
  if (isKnown(shape)) return sizeOf(shape) === length ? [...shape] : undefined
  const known = sizeOf(shape.filter((n) => n !== -1))
  if (shape.indexOf(-1) !== shape.lastIndexOf(-1) || !known || length % known) return undefined
  return shape.map((n) => (n === -1 ? length / known : n))
}
