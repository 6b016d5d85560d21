import { i32, shuffle, v128, type Lanes, type Module } from '@gradloom/blas-wasm'

/**
 * `copyRows(to, from, planes, depth, rows, count, toPlane, toDepth, toRow, fromPlane, fromDepth, fromRow, step)`: rows
 * of `count` elements from one array of planes to another, strides in bytes. Elements are `step` bytes apart in the
 * source, neighbours in the target.
 */
export function emitCopyRows(m: Module, lanes: Lanes): void {
  const { bytes, count: lanesCount } = lanes
  const params = Array.from({ length: 13 }, () => 'i32' as const)
  m.func({ name: 'copyRows', params, export: true }, (f) => {
    const [to, from, planes, depth, rows, count, toPlane, toDepth, toRow, fromPlane, fromDepth, fromRow, step] =
      f.params
    const i = f.local('i32')
    const j = f.local('i32')
    const k = f.local('i32')
    const p = f.local('i32')
    const q = f.local('i32')
    const length = f.let(i32.mul(count, bytes))
    const body = f.let(i32.sub(length, 16))
    f.for(i, 0, planes, 1, () => {
      const toSlice = f.let(to)
      const fromSlice = f.let(from)
      f.for(j, 0, depth, 1, () => {
        const target = f.let(toSlice)
        const source = f.let(fromSlice)
        f.for(k, 0, rows, 1, () => {
          f.if(
            i32.and(i32.eq(step, bytes), i32.geS(count, lanesCount)),
            () => {
              // The last vector may overlap the one before it.
              f.for(p, 0, body, 16, () => f.store('v128', i32.add(target, p), v128.load(i32.add(source, p))))
              f.store('v128', i32.add(target, body), v128.load(i32.add(source, body)))
            },
            () => {
              f.set(q, source)
              f.set(p, 0)
              // Every second element: pairs of vectors, but for the last one, whose second may not be there.
              f.if(i32.eq(step, 2 * bytes), () =>
                f.while(i32.ltS(p, body), () => {
                  f.store(
                    'v128',
                    i32.add(target, p),
                    shuffle(v128.load(q), v128.load(q, 16), ...Array.from({ length: lanesCount }, (_, e) => 2 * e)),
                  )
                  f.advance(q, 32)
                  f.advance(p, 16)
                }),
              )
              f.while(i32.ltS(p, length), () => {
                f.store(lanes.type, i32.add(target, p), lanes.scalar.load(q))
                f.advance(q, step)
                f.advance(p, bytes)
              })
            },
          )
          f.advance(target, toRow)
          f.advance(source, fromRow)
        })
        f.advance(toSlice, toDepth)
        f.advance(fromSlice, fromDepth)
      })
      f.advance(to, toPlane)
      f.advance(from, fromPlane)
    })
  })
}

/** `spread(from, fromRow, to, toRow, offsets, kinds, m, n)`: element (i, j) of a matrix to to + i toRow + offsets[j].
 * */
export function emitSpread(m: Module, lanes: Lanes): void {
  const { bytes, count } = lanes
  m.func({ name: 'spread', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], export: true }, (f) => {
    const [from, fromRow, to, toRow, offsets, kinds, rows, columns] = f.params
    const i = f.local('i32')
    const p = f.local('i32')
    const at = f.local('i32')
    const kind = f.local('i32')
    const left = f.local('i32')
    f.for(i, 0, rows, 1, () => {
      f.set(p, from)
      f.set(at, offsets)
      f.set(kind, kinds)
      f.set(left, columns)
      const scalar = (lane: number): void =>
        f.store(lanes.type, i32.add(to, i32.load(at, 4 * lane)), lanes.scalar.load(p, bytes * lane))
      f.while(i32.geS(left, count), () => {
        f.if(
          i32.eq(i32.load(kind), count),
          () => f.store('v128', i32.add(to, i32.load(at)), v128.load(p)),
          () => {
            for (let lane = 0; lane < count; lane++) scalar(lane)
          },
        )
        f.advance(p, 16)
        f.advance(at, 4 * count)
        f.advance(kind, 4)
        f.advance(left, -count)
      })
      for (let lane = 0; lane < count - 1; lane++) f.if(i32.gtS(left, lane), () => scalar(lane))
      f.advance(from, fromRow)
      f.advance(to, toRow)
    })
  })
}
