import {
  i32,
  select,
  v128,
  type emitPackPanels,
  type FunctionBuilder,
  type Lanes,
  type Local,
  type Module,
  type Value,
} from '@gradloom/blas-wasm'
import { byKind, firstLanes, gather, transposed, twoRuns } from './emit-gather.ts'

const WORD = 4
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/**
 * For each group of columns: `to` is where its strip has it (strips of two groups, k-major; an odd last group is a
 * strip of its own), `step` the bytes from one row of the strip to the next, `base` the addresses of its columns at
 * offset 0.
 */
function forGroups(
  f: FunctionBuilder,
  lanes: Lanes,
  [to, x, columns, groups, k]: readonly Local<'i32'>[],
  body: (group: Local<'i32'>, to: Local<'i32'>, step: Local<'i32'>, base: readonly Local<'i32'>[]) => void,
): void {
  const group = f.local('i32')
  f.for(group, 0, groups, 1, () => {
    const odd = f.let(i32.and(group, 1))
    const at = f.let(i32.add(to, i32.add(i32.mul(i32.shrU(group, 1), i32.shl(k, 5)), i32.shl(odd, 4))))
    const step = f.let(select(i32.or(odd, i32.ltS(i32.add(group, 1), groups)), i32.const(32), i32.const(16)))
    const offsets = f.let(i32.add(columns, i32.mul(group, lanes.count * WORD)))
    body(
      group,
      at,
      step,
      range(lanes.count).map((i) => f.let(i32.add(x, i32.load(offsets, i * WORD)))),
    )
  })
}

/**
 * `packColumns(to, x, columns, kinds, rows, groups, k)`: strips of the matrix whose element (p, j) lies at x + rows[p]
 * + columns[j], for tables of byte offsets; `kinds` describes the columns.
 */
export function emitPackColumns(m: Module, lanes: Lanes): void {
  m.func({ name: 'packColumns', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], export: true }, (f) => {
    const [to, x, columns, kinds, rows, groups, k] = f.params
    const end = f.let(i32.add(rows, i32.shl(k, 2)))
    const unrolled = f.let(i32.sub(end, 3 * WORD))
    forGroups(f, lanes, [to, x, columns, groups, k], (group, q, step, base) => {
      const row = f.local('i32')
      const offset = f.local('i32')
      const each = (load: (offset: Local<'i32'>) => Value<'v128'>): void => {
        const one = (at: number): void => {
          f.set(offset, i32.load(row, at * WORD))
          f.store('v128', q, load(offset))
          f.advance(q, step)
        }
        f.set(row, rows)
        f.while(i32.ltU(row, unrolled), () => {
          range(4).forEach(one)
          f.advance(row, 4 * WORD)
        })
        f.while(i32.ltU(row, end), () => {
          one(0)
          f.advance(row, WORD)
        })
      }
      const kind = f.let(i32.load(i32.add(kinds, i32.shl(group, 2))))
      byKind(
        f,
        lanes,
        kind,
        () => each((o) => v128.load(i32.add(base[0], o))),
        () => {
          const mask = f.let(firstLanes(kind))
          each((o) => twoRuns(lanes, mask, i32.add(base[0], o), i32.add(base.at(-1)!, o)))
        },
        () =>
          each((o) =>
            gather(
              lanes,
              base.map((b) => i32.add(b, o)),
            ),
          ),
      )
    })
  })
}

/** `packRows(to, x, columns, rows, kinds, groups, k)`: as packColumns, reading vectors along the rows, which `kinds`
 * describes. */
export function emitPackRows(m: Module, lanes: Lanes): void {
  const { count } = lanes
  m.func({ name: 'packRows', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], export: true }, (f) => {
    const [to, x, columns, rows, kinds, groups, k] = f.params
    forGroups(f, lanes, [to, x, columns, groups, k], (_, q, step, base) => {
      const p = f.local('i32')
      const row = f.let(rows)
      const kindAt = f.let(kinds)
      const store = (v: Value<'v128'>): void => {
        f.store('v128', q, v)
        f.advance(q, step)
      }
      const scattered = (n: number): void =>
        range(n).forEach((i) => {
          const offset = f.let(i32.load(row, i * WORD))
          store(
            gather(
              lanes,
              base.map((b) => i32.add(b, offset)),
            ),
          )
        })
      f.for(p, 0, f.let(i32.and(k, -count)), count, () => {
        const kind = f.let(i32.load(kindAt))
        const first = f.let(i32.load(row))
        byKind(
          f,
          lanes,
          kind,
          () =>
            transposed(
              f,
              lanes,
              base.map((b) => f.let(v128.load(i32.add(b, first)))),
            ).forEach(store),
          () => {
            const mask = f.let(firstLanes(kind))
            const last = f.let(i32.load(row, (count - 1) * WORD))
            transposed(
              f,
              lanes,
              base.map((b) => f.let(twoRuns(lanes, mask, i32.add(b, first), i32.add(b, last)))),
            ).forEach(store)
          },
          () => scattered(count),
        )
        f.advance(kindAt, WORD)
        f.advance(row, count * WORD)
      })
      f.for(p, f.let(i32.and(k, -count)), k, 1, () => {
        scattered(1)
        f.advance(row, WORD)
      })
    })
  })
}

/** `packPanelsAt(to, from, stride, offsets, m, k)`: as blas-wasm's packPanels, where term p of row i lies at from + i
 * stride + offsets[p]. */
export function emitPackPanelsAt(m: Module, packPanels: ReturnType<typeof emitPackPanels>): void {
  m.func({ name: 'packPanelsAt', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], export: true }, (f) => {
    const [to, from, stride, offsets, rows, k] = f.params
    const p = f.local('i32')
    f.for(p, 0, k, 1, () => {
      f.do(packPanels.call(to, i32.add(from, i32.load(offsets)), stride, 0, rows, 1, p, k))
      f.advance(offsets, WORD)
    })
  })
}
