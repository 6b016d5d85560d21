import type { Real } from '../workload.ts'

/** A message of protocol buffers is a list of fields; strings and messages carry their length. */
type Field = Uint8Array
const WIRE_VARINT = 0
const WIRE_BYTES = 2

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128)
  return [...bytes, value]
}
const number = (field: number, value: number): Field =>
  Uint8Array.from([...varint((field << 3) | WIRE_VARINT), ...varint(value)])
function bytes(field: number, value: string | readonly Field[]): Field {
  const content =
    typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value.flatMap((f) => [...f]))
  return Uint8Array.from([...varint((field << 3) | WIRE_BYTES), ...varint(content.length), ...content])
}

const ELEMENT_TYPE = { float32: 1, float64: 11 } as const

/** An ONNX model of c = a b, with transposes as Gemm has them (MatMul has none, and is what ONNX has for float64 and
 * plain products).
 * Field numbers are those of ONNX's own schema. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
export function matmulModel({
  dtype,
  size,
  transA,
  transB,
}: {
  readonly dtype: Real
  readonly size: number
  readonly transA: boolean
  readonly transB: boolean
}): Uint8Array {
  const dimension = bytes(1, [number(1, size)])
  const value = (name: string): readonly Field[] => [
    bytes(1, name),
    bytes(2, [bytes(1, [number(1, ELEMENT_TYPE[dtype]), bytes(2, [dimension, dimension])])]),
  ]
  const attribute = (name: string, on: boolean): Field =>
    bytes(5, [bytes(1, name), number(3, Number(on)), number(20, 2)])
  const plain = !transA && !transB
  const node = [
    bytes(1, 'a'),
    bytes(1, 'b'),
    bytes(2, 'c'),
    bytes(4, plain ? 'MatMul' : 'Gemm'),
    ...(plain ? [] : [attribute('transA', transA), attribute('transB', transB)]),
  ]
  const graph = [
    bytes(1, node),
    bytes(2, 'product'),
    bytes(11, value('a')),
    bytes(11, value('b')),
    bytes(12, value('c')),
  ]
  return Uint8Array.from(
    [number(1, 8), bytes(7, graph), bytes(8, [bytes(1, ''), number(2, 17)])].flatMap((f) => [...f]),
  )
}
