import fc from 'fast-check'
import * as core from '@gradloom/core'

/** What an argument throws when it is looked at: the caller's own error, which comes back as it is. */
export class Own extends Error {
  override readonly name = 'Own'
}
const thrower = (): never => {
  throw new Own('of the caller')
}

class Circular {
  self = this
}
class Shaped {
  shape = [2]
  dtype = 'float32'
  data = [1, 2]
}
const detached = new Uint8Array(4)
structuredClone(detached, { transfer: [detached.buffer] })
const revoked = Proxy.revocable({}, {})
revoked.revoke()

const tensors: readonly unknown[] = [
  core.tensor(0),
  core.tensor([]),
  core.tensor([1, 2]),
  core.tensor([[1], [2], [3]]),
  core.tensor([1, -1, 7], { dtype: 'int32' }),
  core.tensor([true, false]),
  core.tensor([0.5, NaN, Infinity], { dtype: 'float64' }),
  core.zeros([0, 3]),
  core.zeros([1, 2, 3, 4, 5]),
]
const numbers: readonly unknown[] = [
  0,
  -0,
  1,
  -1,
  3,
  0.5,
  NaN,
  Infinity,
  -Infinity,
  1e9 + 0.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e308,
  5n,
]
const texts: readonly unknown[] = [
  '',
  ' ',
  'x',
  '1',
  'int32',
  'toString',
  '__proto__',
  'constructor',
  'a\0b',
  'ij,jk->ik',
  '\ud800',
]
const lists: readonly unknown[] = [
  [],
  [undefined],
  [null],
  // oxlint-disable-next-line no-sparse-arrays
  [1, , 2],
  new Array(3),
  [[]],
  [[1], [2, 3]],
  ['x', 'x'],
  [-1],
  [-1, -1],
  [1.5],
  [NaN],
  [2 ** 32],
  [2 ** 53, 0],
  [Symbol('s')],
  [{}],
  [[[[[1]]]]],
  Array.from({ length: 40 }, () => 1),
]
const objects: readonly unknown[] = [
  {},
  { unknown: 1 },
  { axis: 'x' },
  { dtype: 'toString' },
  { length: 3 },
  Object.create(null),
  Object.create({ axis: 7 }),
  Object.freeze(Object.create(null)),
  new Map(),
  new Map([[Symbol('s'), 1]]),
  new Set([1]),
  new Circular(),
  new Shaped(),
  new Date(NaN),
  new Error('e'),
  /x/u,
  {
    get axis(): never {
      return thrower()
    },
  },
  {
    get shape(): never {
      return thrower()
    },
  },
  {
    get length(): never {
      return thrower()
    },
  },
  { toString: thrower, valueOf: thrower },
  { [Symbol.toPrimitive]: thrower },
  { [Symbol.iterator]: thrower },
  { [Symbol.iterator]: 5 },
  new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower }),
  new Uint8Array(0),
  new Float64Array(3),
  new BigInt64Array(2),
  new DataView(new ArrayBuffer(3)),
  new ArrayBuffer(5),
  new SharedArrayBuffer(12),
  detached,
  Promise.resolve(1),
]
const functions: readonly unknown[] = [
  (): number => 1,
  thrower,
  (): undefined => undefined,
  async (): Promise<number> => 1,
  class {},
  (x: unknown): unknown => x,
  core.add,
]

/** Values of wrong kinds. */
export const wrong: readonly unknown[] = [
  undefined,
  null,
  true,
  Symbol('s'),
  ...numbers,
  ...texts,
  ...lists,
  ...objects,
  ...functions,
  ...tensors,
]

/** What gives a value: fast-check looks into the values that it draws, which some of these do not stand. */
type Drawn<T = unknown> = fc.Arbitrary<() => T>

const anything: Drawn = fc.oneof(
  { weight: 8, arbitrary: fc.nat(wrong.length - 1).map((at) => () => wrong[at]) },
  {
    weight: 1,
    arbitrary: fc
      .anything({ maxDepth: 2, withBigInt: true, withTypedArray: true, withNullPrototype: true, withSparseArray: true })
      .map((value) => () => value),
  },
)

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** An argument with something wrong in it: in its place, in an element, in a setting, or one setting too many. */
function spoilt(right: unknown): Drawn {
  if (Array.isArray(right) && right.length > 0) {
    const list = right as readonly unknown[]
    const inside = fc.tuple(fc.nat(list.length - 1), anything).map(
      ([at, bad]) =>
        () =>
          list.with(at, bad()),
    )
    const longer = anything.map((bad) => () => [...list, bad()])
    return fc.oneof(
      anything,
      inside,
      longer,
      fc.constant(() => list.slice(1)),
    )
  }
  if (!isPlain(right)) return anything
  const names = Object.keys(right)
  const unknown = anything.map((bad) => () => ({ ...right, unknown: bad() }))
  if (!names.length) return fc.oneof(anything, unknown)
  const of = (bad: (name: string) => Drawn): Drawn =>
    fc.constantFrom(...names).chain((name) => bad(name).map((value) => () => ({ ...right, [name]: value() })))
  return fc.oneof(
    anything,
    { weight: 3, arbitrary: of(() => anything) },
    { weight: 2, arbitrary: of((name) => spoilt(right[name])) },
    of(() => fc.constant(() => undefined)),
    unknown,
    fc.constant(() => Object.create(right) as unknown),
  )
}

/** Arguments like the right ones, of which one or two are spoilt, some are missing, or one is too many. */
export function spoiltArguments(right: readonly unknown[]): Drawn<readonly unknown[]> {
  if (!right.length) return fc.array(anything, { maxLength: 2 }).map((list) => () => list.map((value) => value()))
  const at = fc.nat(right.length - 1)
  const one = at.chain((i) => spoilt(right[i]).map((bad) => () => right.with(i, bad())))
  const two = fc.tuple(at, at).chain(([i, j]) =>
    fc.tuple(spoilt(right[i]), spoilt(right[j])).map(
      ([a, b]) =>
        () =>
          right.with(i, a()).with(j, b()),
    ),
  )
  const short = fc.nat(right.length).map((n) => () => right.slice(0, n))
  const long = anything.map((bad) => () => [...right, bad()])
  return fc.oneof({ weight: 6, arbitrary: one }, { weight: 2, arbitrary: two }, short, long)
}
