import { f64x2, i32, f64, lanesOf, v128, type FunctionHandle, type Module } from '@gradloom/blas-wasm'

/** Words of the task's descriptor: rows and their distance in bytes, columns, columns of a chunk, sweeps from one
 * address to another. */
export const ROTATION_WORDS = 6

const NUMBER = 8
const VECTOR = 16
/** Numbers of a row that stay in registers while rotations pass: a cache line. */
const PANEL = 8

/** `rotations(descriptor, chunk, thread)`: sweeps of plane rotations on some columns. */
export function emitRotations(m: Module, relaxed: boolean): void {
  const panels = [PANEL, 2, 1].map((width) => [width, emitPanel(m, width, relaxed)] as const)
  m.func({ name: 'rotations', params: ['i32', 'i32', 'i32'], export: true }, (f) => {
    const [descriptor, chunk] = f.params
    const word = (i: number) => f.let(i32.load(descriptor, 4 * i))
    const [rows, step, columns, grain, from, to] = Array.from({ length: ROTATION_WORDS }, (_, i) => word(i))
    const at = f.let(i32.mul(chunk, grain))
    const end = f.let(i32.add(at, grain))
    f.if(i32.gtS(end, columns), () => f.set(end, columns))
    for (const [width, panel] of panels)
      f.while(i32.leS(i32.add(at, width), end), () => {
        f.do(panel.call(i32.add(rows, i32.mul(at, NUMBER)), step, from, to))
        f.advance(at, width)
      })
  })
}

/** `panel(x, step, from, to)`: all sweeps on `width` columns. A row that one rotation has turned is in registers for
 * the next. */
function emitPanel(m: Module, width: number, relaxed: boolean): FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32']> {
  const { fma } = lanesOf('f64', relaxed)
  const vectors = Array.from({ length: Math.ceil(width / 2) }, (_, i) => i * VECTOR)
  const load = width === 1 ? v128.load64Zero : v128.load
  return m.func({ name: `rotations.${width}`, params: ['i32', 'i32', 'i32', 'i32'] }, (f) => {
    const [x, step, at, to] = f.params
    const store = (address: Parameters<typeof load>[0], value: ReturnType<typeof load>, offset: number): void =>
      width === 1 ? f.storeLane(64, address as never, value, 0) : f.store('v128', address, value, offset)
    const row = f.local('i32')
    const end = f.local('i32')
    const kept = vectors.map(() => f.local('v128'))
    f.while(i32.ltU(at, to), () => {
      f.set(row, i32.add(x, i32.mul(i32.truncSatF64S(f64.load(at)), step)))
      f.set(end, i32.add(at, i32.add(VECTOR, i32.mul(i32.truncSatF64S(f64.load(at, NUMBER)), VECTOR))))
      f.advance(at, VECTOR)
      vectors.forEach((offset, i) => f.set(kept[i], load(row, offset)))
      f.while(i32.ltU(at, end), () => {
        const c = f.let(v128.load64Splat(at))
        const s = f.let(v128.load64Splat(at, NUMBER))
        const minus = f.let(f64x2.neg(s))
        const next = f.let(i32.add(row, step))
        vectors.forEach((offset, i) => {
          const y = f.let(load(next, offset))
          store(row, fma(s, y, f64x2.mul(c, kept[i])), offset)
          f.set(kept[i], fma(c, y, f64x2.mul(minus, kept[i])))
        })
        f.set(row, next)
        f.advance(at, VECTOR)
      })
      vectors.forEach((offset, i) => store(row, kept[i], offset))
    })
  })
}
