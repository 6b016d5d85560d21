import { i32, v128, type Lanes, type Module } from '@gradloom/blas-wasm'

/** `addUp(to, from, stride, count, byteLength)`: to[i] = sum over p < count of from[i + p stride], in that order; all
 * in bytes, count at least 1. */
export function emitAddUp(m: Module, lanes: Lanes): void {
  const { type, bytes, scalar, vector } = lanes
  m.func({ name: 'addUp', params: ['i32', 'i32', 'i32', 'i32', 'i32'], export: true }, (f) => {
    const [to, from, stride, count, byteLength] = f.params
    const i = f.local('i32')
    const p = f.local('i32')
    const at = f.local('i32')
    const sums = f.local('v128')
    const sum = f.local(type)
    const whole = f.let(i32.and(byteLength, -16))
    const each = (
      first: number | typeof whole,
      end: typeof whole,
      step: number,
      load: () => void,
      add: () => void,
      store: () => void,
    ): void =>
      f.for(i, first, end, step, () => {
        f.set(at, i32.add(from, i))
        load()
        f.for(p, 1, count, 1, () => {
          f.advance(at, stride)
          add()
        })
        store()
      })
    each(
      0,
      whole,
      16,
      () => f.set(sums, v128.load(at)),
      () => f.set(sums, vector.add(sums, v128.load(at))),
      () => f.store('v128', i32.add(to, i), sums),
    )
    each(
      whole,
      byteLength,
      bytes,
      () => f.set(sum, scalar.load(at)),
      () => f.set(sum, scalar.add(sum, scalar.load(at))),
      () => f.store(type, i32.add(to, i), sum),
    )
  })
}
