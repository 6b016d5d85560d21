import { KernelError, type DType, type ScalarOp } from '@gradloom/core'

/** An operand as an expression. */
export interface Value {
  readonly text: string
  readonly dtype: DType
}

/** Functions of the library by operation. */
const FLOATS: Readonly<Record<string, string>> = {
  neg: 'f_neg',
  abs: 'f_abs',
  sign: 'f_sign',
  exp: 'f_exp',
  expm1: 'f_expm1',
  log: 'f_log',
  log1p: 'f_log1p',
  log2: 'f_log2',
  sqrt: 'f_sqrt',
  sin: 'f_sin',
  cos: 'f_cos',
  tan: 'f_tan',
  asin: 'f_asin',
  acos: 'f_acos',
  atan: 'f_atan',
  sinh: 'f_sinh',
  cosh: 'f_cosh',
  tanh: 'f_tanh',
  asinh: 'f_asinh',
  acosh: 'f_acosh',
  atanh: 'f_atanh',
  erf: 'f_erf',
  erfc: 'f_erfc',
  lgamma: 'f_lgamma',
  digamma: 'f_digamma',
  sigmoid: 'f_sigmoid',
  floor: 'f_floor',
  ceil: 'f_ceil',
  round: 'f_round',
  isNaN: 'f_isNaN',
  rem: 'f_rem',
  pow: 'f_pow',
  max: 'f_max',
  min: 'f_min',
  atan2: 'f_atan2',
  hypot: 'f_hypot',
  eq: 'f_eq',
  ne: 'f_ne',
  lt: 'f_lt',
  le: 'f_le',
  polygamma: 'f_polygamma',
}
const INFIX: Readonly<Record<string, string>> = { add: '+', sub: '-', mul: '*', eq: '==', ne: '!=', lt: '<', le: '<=' }
/** What whole numbers, and bools, are already. */
const SAME: ReadonlySet<string> = /* @__PURE__ */ new Set(['floor', 'ceil', 'round'])

/** The truth of a value. */
function truth({ text, dtype }: Value): string {
  if (dtype === 'bool') return text
  if (dtype === 'float32') return `!f_isZero(${text})`
  return `(${text} != ${dtype === 'int32' ? '0' : '0u'})`
}

/** A conversion: floats to integers truncate and stop at the ends of the range, NaN gives 0. */
export function converted(value: Value, to: DType): string {
  const { text, dtype: from } = value
  if (from === to) return text
  if (to === 'bool') return truth(value)
  const [zero, one, type] =
    to === 'float32' ? ['0.0', '1.0', 'f32'] : to === 'int32' ? ['0', '1', 'i32'] : ['0u', '1u', 'u32']
  if (from === 'bool') return `select(${zero}, ${one}, ${text})`
  if (from === 'float32') return `${to === 'int32' ? 'f_toInt' : 'f_toUint'}(${text})`
  return to === 'float32' ? `f32(${text})` : `bitcast<${type}>(${text})`
}

function onFloats(op: ScalarOp, args: readonly string[]): string | undefined {
  const [a, b] = args
  if (op === 'add' || op === 'sub' || op === 'mul') return `(${a} ${INFIX[op]} ${b})`
  if (op === 'div') return `(${a} / ${b})`
  const name = FLOATS[op]
  return name && `${name}(${args.join(', ')})`
}

function onIntegers(op: ScalarOp, dtype: DType, [a, b]: readonly string[]): string | undefined {
  const isSigned = dtype === 'int32'
  const kind = isSigned ? 'Int' : 'Uint'
  if (SAME.has(op)) return a
  if (INFIX[op]) return `(${a} ${INFIX[op]} ${b})`
  switch (op) {
    case 'neg':
      return isSigned ? `(-${a})` : `(0u - ${a})`
    case 'abs':
      return isSigned ? `abs(${a})` : a
    case 'sign':
      return isSigned ? `sign(${a})` : `min(${a}, 1u)`
    case 'max':
    case 'min':
      return `${op}(${a}, ${b})`
    case 'div':
    case 'rem':
    case 'pow':
      return `f_${op}${kind}(${a}, ${b})`
    case 'isNaN':
      return 'false'
    case 'shr':
      return isSigned ? `bitcast<i32>(bitcast<u32>(${a}) >> bitcast<u32>(${b}))` : `(${a} >> ${b})`
    default:
      return undefined
  }
}

/** Bools order as false < true. */
function onBools(op: ScalarOp, [a, b]: readonly string[]): string | undefined {
  if (SAME.has(op) || op === 'abs' || op === 'sign') return a
  switch (op) {
    case 'eq':
    case 'ne':
      return `(${a} ${INFIX[op]} ${b})`
    case 'lt':
      return `(!${a} && ${b})`
    case 'le':
      return `(!${a} || ${b})`
    case 'max':
      return `(${a} || ${b})`
    case 'min':
      return `(${a} && ${b})`
    case 'isNaN':
      return 'false'
    default:
      return undefined
  }
}

/** Those that give a float16 for float16, and the sums and products of which shaders may have instructions. */
const EXACT: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'max',
  'min',
  'select',
])
const HALVES: Readonly<Record<string, string>> = { add: 'f_addHalf', sub: 'f_subHalf', mul: 'f_mulHalf' }

const inRegister = (dtype: DType): DType => (dtype === 'float16' ? 'float32' : dtype)

/** One scalar operation as an expression. A float16 is in registers as float32: each operation on some is rounded.
 * @throws KernelError for one that is not known */
export function operation(op: ScalarOp, dtype: DType, args: readonly Value[]): string {
  const values = args.map((x) => ({ text: x.text, dtype: inRegister(x.dtype) }))
  if (dtype !== 'float16') return single(op, dtype, values)
  const own = HALVES[op]
  if (own) return `${own}(${values.map((x) => x.text).join(', ')})`
  const text = single(op, 'float32', values)
  return EXACT.has(op) ? text : `f_half(${text})`
}

function single(op: ScalarOp, dtype: DType, args: readonly Value[]): string {
  const [a, b, c] = args
  const texts = args.map((x) => x.text)
  switch (op) {
    case 'cast':
      return converted(a, dtype)
    case 'select':
      return `select(${c.text}, ${b.text}, ${truth(a)})`
    case 'philox':
      return `f_philox(${texts.join(', ')})`
    case 'and':
      return `(${truth(a)} && ${truth(b)})`
    case 'or':
      return `(${truth(a)} || ${truth(b)})`
    case 'not':
      return `(!${truth(a)})`
  }
  const text =
    a.dtype === 'float32'
      ? onFloats(op, texts)
      : a.dtype === 'bool'
        ? onBools(op, texts)
        : onIntegers(op, a.dtype, texts)
  if (text === undefined) throw new KernelError(`webgpu: ${op} of ${a.dtype} is no operation that it knows`)
  return text
}
