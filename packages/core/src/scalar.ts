import { checkNumbers, elementOf, isFloat, type DType } from './dtype.ts'
import { DTypeError } from './errors.ts'
import { demand } from './settings.ts'

/** Scalar operations that every backend compiles. Floats follow IEEE 754 and `Math`; `round` is half to even, `rem` has
 * the divisor's sign, `max`/`min` propagate NaN, `sign(NaN)` is NaN. `philox(index, stream, key0, key1, counter)` gives
 * the first word of Philox 4x32-10 of the counter block (index, stream, counter, 0); `polygamma(x, n)` is the n-th
 * derivative of digamma;
 * `shr` shifts a uint32 right by a constant. */
export type ScalarOp = UnaryOp | BinaryOp | 'select' | 'cast' | 'philox'
export type UnaryOp =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'log2'
  | 'sqrt'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'erfc'
  | 'lgamma'
  | 'digamma'
  | 'sigmoid'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'not'
  | 'isNaN'
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'rem'
  | 'pow'
  | 'max'
  | 'min'
  | 'atan2'
  | 'hypot'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'and'
  | 'or'
  | 'shr'
  | 'polygamma'

/** How a scalar operation behaves. */
export interface ScalarOpInfo {
  /** Instructions in units of a simple one; a polynomial counts 8. */
  readonly cost: number
  /** What it makes of bools: it works on them as on 0 and 1, it is another operation on them, or it refuses them. */
  readonly bools: true | ScalarOp | false
  /** Its result is a bool. */
  readonly decides: boolean
  /** It is for floats alone. */
  readonly isReal: boolean
}

type Row = readonly [ops: string, cost: number, bools: ScalarOpInfo['bools'], decides?: boolean, isReal?: boolean]
// Sums and products of bools are 'or' and 'and', as NumPy has them.
const ROWS: readonly Row[] = [
  ['add', 1, 'or'],
  ['mul', 1, 'and'],
  ['sub neg shr select cast', 1, false],
  ['abs sign floor ceil round max min', 1, true],
  ['eq ne lt le and or not isNaN', 1, true, true],
  ['div', 4, false],
  ['sqrt', 4, false, false, true],
  ['rem pow philox', 8, false],
]
const INFO: ReadonlyMap<string, ScalarOpInfo> = /* @__PURE__ */ new Map(
  ROWS.flatMap(([ops, cost, bools, decides = false, isReal = false]) =>
    ops.split(' ').map((op) => [op, { cost, bools, decides, isReal }]),
  ),
)
/** Of the others: functions that take a polynomial. */
const SLOW: ScalarOpInfo = { cost: 8, bools: false, decides: false, isReal: true }

/** What is known of a scalar operation. */
export const infoOf = (op: ScalarOp): ScalarOpInfo => INFO.get(op) ?? SLOW

/** A scalar formula: what an elementwise op computes for one element. Immutable; built by its methods.
 * @example defineOp({ name: 'acme/softplus', expr: ([x]) => x.exp().log1p() }) */
export class Scalar {
  readonly op: ScalarOp | 'input' | 'const'
  readonly dtype: DType
  readonly args: readonly Scalar[]
  /** The number of a constant, the position of an input. */
  readonly value: number

  constructor(op: Scalar['op'], dtype: DType, args: readonly Scalar[] = [], value = 0) {
    this.op = op
    this.dtype = dtype
    this.args = args
    this.value = value
  }

  #to(op: ScalarOp, ...rest: readonly (Scalar | number)[]): Scalar {
    if (this.dtype === 'bool') {
      const { bools } = infoOf(op)
      if (bools === false) this.numbers(op)
      else if (bools !== true) op = bools
    }
    const info = infoOf(op)
    if (info.isReal && !isFloat(this.dtype))
      throw new DTypeError(
        `${op}: floats required, got ${this.dtype}; cast it, or define the op with promotion: 'float'`,
      )
    return new Scalar(op, info.decides ? 'bool' : this.dtype, [this, ...rest.map((r) => lift(r, this.dtype))])
  }

  neg(): Scalar {
    return this.#to('neg')
  }
  abs(): Scalar {
    return this.#to('abs')
  }
  sign(): Scalar {
    return this.#to('sign')
  }
  floor(): Scalar {
    return this.#to('floor')
  }
  not(): Scalar {
    return this.#to('not')
  }
  isNaN(): Scalar {
    return this.#to('isNaN')
  }
  /** Any one-argument function by name: `x.unary('exp')`. */
  unary(op: UnaryOp): Scalar {
    return this.#to(op)
  }
  exp(): Scalar {
    return this.#to('exp')
  }
  log(): Scalar {
    return this.#to('log')
  }
  log1p(): Scalar {
    return this.#to('log1p')
  }
  sqrt(): Scalar {
    return this.#to('sqrt')
  }
  sin(): Scalar {
    return this.#to('sin')
  }
  cos(): Scalar {
    return this.#to('cos')
  }
  tanh(): Scalar {
    return this.#to('tanh')
  }
  erf(): Scalar {
    return this.#to('erf')
  }
  sigmoid(): Scalar {
    return this.#to('sigmoid')
  }
  /** Any two-argument function by name: `x.binary('atan2', y)`. */
  binary(op: BinaryOp, b: Scalar | number): Scalar {
    return this.#to(op, b)
  }
  add(b: Scalar | number): Scalar {
    return this.#to('add', b)
  }
  sub(b: Scalar | number): Scalar {
    return this.#to('sub', b)
  }
  mul(b: Scalar | number): Scalar {
    return this.#to('mul', b)
  }
  div(b: Scalar | number): Scalar {
    return this.#to('div', b)
  }
  pow(b: Scalar | number): Scalar {
    return this.#to('pow', b)
  }
  max(b: Scalar | number): Scalar {
    return this.#to('max', b)
  }
  min(b: Scalar | number): Scalar {
    return this.#to('min', b)
  }
  eq(b: Scalar | number): Scalar {
    return this.#to('eq', b)
  }
  lt(b: Scalar | number): Scalar {
    return this.#to('lt', b)
  }
  le(b: Scalar | number): Scalar {
    return this.#to('le', b)
  }
  and(b: Scalar): Scalar {
    return this.#to('and', b)
  }
  or(b: Scalar): Scalar {
    return this.#to('or', b)
  }
  /** This bool chooses between `a` and `b`. */
  select(a: Scalar | number, b: Scalar | number): Scalar {
    const dtype = typeof a !== 'number' ? a.dtype : typeof b !== 'number' ? b.dtype : 'float32'
    return new Scalar('select', dtype, [this, lift(a, dtype), lift(b, dtype)])
  }
  /** This, where it is no bool; arithmetic asks for it, and names itself. @throws DTypeError */
  numbers(name: string): Scalar {
    checkNumbers(name, this.dtype)
    return this
  }
  /** Conversion: floats to integers truncate toward zero and stop at the ends of the range (NaN gives 0), integers
   * wrap, to bool compares with 0. */
  cast(dtype: DType): Scalar {
    return dtype === this.dtype ? this : new Scalar('cast', dtype, [this])
  }
  /** Random bits (uint32) for this index; see {@link ScalarOp}. */
  philox(stream: Scalar | number, key0: Scalar, key1: Scalar, counter: Scalar): Scalar {
    return new Scalar('philox', 'uint32', [this.cast('uint32'), lift(stream, 'uint32'), key0, key1, counter])
  }
}

/** A constant of `dtype` where `x` is a number. @throws DTypeError where it has no such number */
export function lift(x: Scalar | number, dtype: DType): Scalar {
  if (typeof x === 'number') return new Scalar('const', dtype, [], elementOf('formula', x, dtype))
  demand(x instanceof Scalar, 'formula', 'a scalar or a number', x)
  return x
}

/** The parts of a formula, operands first, each once. Iterative, so that depth is no limit. */
export function inOrder(formula: Scalar): Scalar[] {
  const done = new Set<Scalar>()
  const path = [formula]
  for (let s = path.at(-1); s; s = path.at(-1)) {
    const next = s.args.find((arg) => !done.has(arg))
    if (next) path.push(next)
    else done.add(path.pop()!)
  }
  return [...done]
}

/** The formula's inputs as an op's `expr` receives them. */
export const scalarInputs = (dtypes: readonly DType[]): Scalar[] =>
  dtypes.map((dtype, i) => new Scalar('input', dtype, [], i))
