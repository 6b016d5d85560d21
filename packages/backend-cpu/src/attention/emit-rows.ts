import {
  i32,
  inlineMath,
  select,
  v128,
  type FunctionBuilder,
  type Lanes,
  type Local,
  type Module,
  type Operand,
  type Value,
} from '@gradloom/blas-wasm'

type Vector = Value<'v128'>

/** Elements that rows of scores are walked by: their length in memory is a multiple of it. */
export const stepOf = ({ count }: Pick<Lanes, 'count'>): number => 2 * count

const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const

/** Addresses from `from` up to `to`, which may lie beyond 2 GiB. */
function walk(
  f: FunctionBuilder,
  p: Local<'i32'>,
  from: Operand<'i32'>,
  to: Local<'i32'>,
  step: number,
  body: () => void,
): void {
  f.set(p, from)
  f.while(i32.ltU(p, to), () => {
    body()
    f.advance(p, step)
  })
}

/** Rows of scores: `body` for each, with the place of its scores and the end of those that it may see, up to a whole
 * step; what the step has beyond them is -infinity. Row r sees `first` + r * `more` columns, `columns` at most. */
function forRows(
  f: FunctionBuilder,
  lanes: Lanes,
  [s, stride, rows, columns, first, more]: readonly Local<'i32'>[],
  body: (end: Local<'i32'>, whole: Local<'i32'>) => void,
): void {
  const { bytes } = lanes
  const step = stepOf(lanes)
  const r = f.local('i32')
  const p = f.local('i32')
  const whole = (n: Operand<'i32'>): Local<'i32'> => f.let(i32.mul(i32.and(i32.add(n, step - 1), -step), bytes))
  const all = whole(columns)
  f.for(r, 0, rows, 1, () => {
    const seen = f.let(select(i32.ltS(first, columns), first, columns))
    const end = f.let(i32.add(s, whole(seen)))
    walk(f, p, i32.add(s, i32.mul(seen, bytes)), end, bytes, () => f.store(lanes.type, p, -Infinity))
    body(end, f.let(i32.add(s, all)))
    f.advance(s, stride)
    f.advance(first, more)
  })
}

/** The same in every lane: lanes met by `meet`. */
function across(
  { count, vector }: Lanes,
  f: FunctionBuilder,
  v: Vector,
  meet: (a: Vector, b: Vector) => Vector,
): Local<'v128'> {
  const x = f.let(v)
  const lane = (i: number): Vector => vector.splat(vector.extractLane(x, i) as never)
  let all = lane(0)
  for (let i = 1; i < count; i++) all = meet(all, lane(i))
  return f.let(all)
}

/**
 * `softmaxRows(s, stride, rows, columns, first, more, marks)`: scores to probabilities, 0 where a row may not look, and
 * two numbers a row, its largest score and the logarithm of its sum of e^(score - largest). The sum has 4 or 8 parts,
 * of positive terms: its relative error is at most columns / 4 (float64) or / 8 eps.
 */
export function emitSoftmaxRows(m: Module, lanes: Lanes): void {
  const { vector, bytes } = lanes
  m.func({ name: 'softmaxRows', params: [...params, 'i32'], export: true }, (f) => {
    const [s, stride, rows, columns, first, more, marks] = f.params
    const p = f.local('i32')
    const sums = [f.local('v128'), f.local('v128')]
    const each = (from: Operand<'i32'>, to: Local<'i32'>, body: (half: number) => void): void =>
      walk(f, p, from, to, 32, () => [0, 1].forEach(body))
    forRows(f, lanes, [s, stride, rows, columns, first, more], (end, whole) => {
      for (const x of sums) f.set(x, f.hoist(vector.splat(-Infinity)))
      // NaN is passed over here, and comes through the exponentials.
      each(s, end, (i) => f.set(sums[i], vector.pmax(sums[i], v128.load(p, 16 * i))))
      const top = across(lanes, f, vector.pmax(sums[0], sums[1]), (a, b) => vector.pmax(a, b))
      for (const x of sums) f.set(x, vector.splat(0))
      each(s, end, (i) => {
        const e = f.let(inlineMath(m, f, 'exp', lanes, f.let(vector.sub(v128.load(p, 16 * i), top))))
        f.store('v128', p, e, 16 * i)
        f.set(sums[i], vector.add(sums[i], e))
      })
      const sum = across(lanes, f, vector.add(sums[0], sums[1]), (a, b) => vector.add(a, b))
      const factor = f.let(vector.div(vector.splat(1), sum))
      each(s, end, (i) => f.store('v128', p, vector.mul(v128.load(p, 16 * i), factor), 16 * i))
      each(end, whole, (i) => f.store('v128', p, vector.splat(0), 16 * i))
      f.storeLane(bytes === 4 ? 32 : 64, marks, top, 0)
      f.storeLane(bytes === 4 ? 32 : 64, marks, inlineMath(m, f, 'log', lanes, sum), 0, bytes)
      f.advance(marks, 2 * bytes)
    })
  })
}

/** `gradientRows(s, stride, rows, columns, first, more, d, marks, shift)`: scores to probabilities p = e^(s - largest -
 * logarithm), and d to p (d - shift). */
export function emitGradientRows(m: Module, lanes: Lanes): void {
  const { vector, bytes } = lanes
  m.func({ name: 'gradientRows', params: [...params, 'i32', 'i32', 'i32'], export: true }, (f) => {
    const [s, stride, rows, columns, first, more, d, marks, shift] = f.params
    const p = f.local('i32')
    const q = f.local('i32')
    const each = (from: Operand<'i32'>, to: Local<'i32'>, probability: () => Vector): void =>
      walk(f, p, from, to, 16, () => {
        const e = f.let(probability())
        f.store('v128', p, e)
        f.set(q, i32.add(p, i32.sub(d, s)))
        f.store('v128', q, vector.mul(e, vector.sub(v128.load(q), by)))
      })
    const by = f.local('v128')
    forRows(f, lanes, [s, stride, rows, columns, first, more], (end, whole) => {
      const top = f.let(lanes.loadSplat(marks))
      const log = f.let(lanes.loadSplat(marks, bytes))
      f.set(by, lanes.loadSplat(shift))
      each(s, end, () => inlineMath(m, f, 'exp', lanes, f.let(vector.sub(vector.sub(v128.load(p), top), log))))
      walk(f, p, end, whole, 16, () => {
        f.store('v128', p, vector.splat(0))
        f.store('v128', i32.add(p, i32.sub(d, s)), vector.splat(0))
      })
      f.advance(d, stride)
      f.advance(marks, 2 * bytes)
      f.advance(shift, bytes)
    })
  })
}

/** `addRows(s, stride, rows, columns, mask, maskRow, maskColumn)`: adds to scores. Strides in bytes. */
export function emitAddRows(m: Module, { type, scalar, vector, bytes }: Lanes): void {
  m.func({ name: 'addRows', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], export: true }, (f) => {
    const [s, stride, rows, columns, mask, maskRow, maskColumn] = f.params
    const r = f.local('i32')
    const p = f.local('i32')
    const q = f.local('i32')
    const length = f.let(i32.mul(columns, bytes))
    f.for(r, 0, rows, 1, () => {
      const whole = f.let(s)
      f.set(q, mask)
      f.if(i32.eq(maskColumn, bytes), () => f.set(whole, i32.add(s, i32.and(length, -16))))
      walk(f, p, s, whole, 16, () => {
        f.store('v128', p, vector.add(v128.load(p), v128.load(q)))
        f.advance(q, 16)
      })
      walk(f, p, whole, f.let(i32.add(s, length)), bytes, () => {
        f.store(type, p, scalar.add(scalar.load(p), scalar.load(q)))
        f.advance(q, maskColumn)
      })
      f.advance(s, stride)
      f.advance(mask, maskRow)
    })
  })
}
