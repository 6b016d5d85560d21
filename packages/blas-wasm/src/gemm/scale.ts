import type { Lanes, Real } from '../lanes.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'

/** `scale(c, cRow, m, n, beta)`: C = beta C, which for beta = 0 is 0 whatever C held. */
export function emitScale(m: Module, lanes: Lanes): FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32', Real]> {
  return m.shared({ name: `${lanes.key}.scale`, params: ['i32', 'i32', 'i32', 'i32', lanes.type] as const }, (f) => {
    const [c, cRow, rows, columns, beta] = f.params
    f.if(lanes.scalar.eq(beta, 1), () => f.return())
    const [i, j, p] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const zero = f.let(lanes.scalar.eq(beta, 0))
    f.for(i, 0, rows, 1, () => {
      f.set(p, c)
      f.for(j, 0, columns, 1, () => {
        f.if(
          zero,
          () => f.store(lanes.type, p, lanes.scalar.const(0)),
          () => f.store(lanes.type, p, lanes.scalar.mul(lanes.scalar.load(p), beta)),
        )
        f.advance(p, lanes.bytes)
      })
      f.advance(c, cRow)
    })
  })
}
