import { i32, v128, type Lanes, type Module } from '@gradloom/blas-wasm'

/** `divide(y, end, by)`: divides the elements from y to `end`. */
export function emitDivide(m: Module, lanes: Lanes): void {
  m.func({ name: 'divide', params: ['i32', 'i32', lanes.type], export: true }, (f) => {
    const [y, end, by] = f.params
    const divisor = f.let(lanes.vector.splat(by))
    const whole = f.let(i32.sub(end, i32.and(i32.sub(end, y), 15)))
    f.while(i32.ltU(y, whole), () => {
      f.store('v128', y, lanes.vector.div(v128.load(y), divisor))
      f.advance(y, 16)
    })
    f.while(i32.ltU(y, end), () => {
      f.store(lanes.type, y, lanes.scalar.div(lanes.scalar.load(y), by))
      f.advance(y, lanes.bytes)
    })
  })
}
