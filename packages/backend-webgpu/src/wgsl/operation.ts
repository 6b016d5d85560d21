import type { DType, ScalarOp } from '@gradloom/core'
import { typeOf } from './numbers.ts'

/** An operand as an expression. */
export interface Value {
  readonly text: string
  readonly dtype: DType
}

type Operators = Readonly<Record<string, string>>

/** WGSL's own operators on floats; what else there is on them are functions of the library by their names. */
const ARITHMETIC: Operators = { add: '+', sub: '-', mul: '*' }
/** Those on whole numbers. */
const INFIX: Operators = { add: '+', sub: '-', mul: '*', eq: '==', ne: '!=', lt: '<', le: '<=' }
/** Those on bools, which order as false < true. */
const LOGIC: Operators = { eq: '==', ne: '!=', max: '||', min: '&&' }
/** What whole numbers, and bools, are already. */
const SAME: ReadonlySet<ScalarOp> = /* @__PURE__ */ new Set<ScalarOp>(['floor', 'ceil', 'round'])
/** Those that give a float16 for float16. */
const EXACT: ReadonlySet<ScalarOp> = /* @__PURE__ */ new Set<ScalarOp>([
  ...SAME,
  'neg',
  'abs',
  'sign',
  'max',
  'min',
  'select',
])

/** The truth of a value. */
const truth = ({ text, dtype }: Value): string => (dtype === 'float32' ? `!f_isZero(${text})` : `bool(${text})`)

/** A conversion: floats to integers truncate and stop at the ends of the range, NaN gives 0. */
export function converted(value: Value, to: DType): string {
  const { text, dtype: from } = value
  if (from === to) return text
  if (to === 'bool') return truth(value)
  if (from === 'float32') return `${to === 'int32' ? 'f_toInt' : 'f_toUint'}(${text})`
  return `${typeOf(to)}(${text})`
}

function onIntegers(op: ScalarOp, isSigned: boolean, [a, b]: readonly string[]): string {
  switch (op) {
    case 'neg':
      return `(${isSigned ? '0' : '0u'} - ${a})`
    case 'abs':
      return `abs(${a})`
    case 'sign':
      return isSigned ? `sign(${a})` : `min(${a}, 1u)`
    case 'max':
    case 'min':
      return `${op}(${a}, ${b})`
    case 'shr':
      return `bitcast<${isSigned ? 'i32' : 'u32'}>(bitcast<u32>(${a}) >> bitcast<u32>(${b}))`
    default:
      return INFIX[op] ? `(${a} ${INFIX[op]} ${b})` : `f_${op}${isSigned ? 'Int' : 'Uint'}(${a}, ${b})`
  }
}

function onBools(op: ScalarOp, [a, b]: readonly string[]): string {
  if (op === 'lt') return `(!${a} && ${b})`
  if (op === 'le') return `(!${a} || ${b})`
  return LOGIC[op] ? `(${a} ${LOGIC[op]} ${b})` : a
}

/** One scalar operation as an expression. A float16 is in registers as float32: each operation on some is rounded. */
export function operation(op: ScalarOp, dtype: DType, args: readonly Value[]): string {
  const values = args.map((x) => ({ text: x.text, dtype: inRegister(x.dtype) }))
  if (dtype !== 'float16') return single(op, dtype, values)
  // Shaders may have instructions for these.
  if (op === 'add' || op === 'sub' || op === 'mul') return `f_${op}Half(${values.map((x) => x.text).join(', ')})`
  const text = single(op, 'float32', values)
  return EXACT.has(op) ? text : `f_half(${text})`
}

const inRegister = (dtype: DType): DType => (dtype === 'float16' ? 'float32' : dtype)

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
  if (a.dtype === 'float32')
    return ARITHMETIC[op] ? `(${a.text} ${ARITHMETIC[op]} ${b.text})` : `f_${op}(${texts.join(', ')})`
  if (SAME.has(op)) return a.text
  if (op === 'isNaN') return 'false'
  return a.dtype === 'bool' ? onBools(op, texts) : onIntegers(op, a.dtype === 'int32', texts)
}
