import { i32, type FunctionHandle, type Local, type Module } from '@gradloom/blas-wasm'
import { createBody } from './body.ts'
import { advance } from './cursor.ts'
import { SINGLE, type Width } from './evaluate.ts'
import { isCostly } from './operation.ts'
import type { Space } from './space.ts'
import { strategyOf } from './strategy.ts'

/** Vector functions (20 to 60 instructions each) that a kernel holds copies of; with more it calls them. */
const MOST_INLINE = 8

/** Adds a kernel to a module: `name(table, begin, end)` runs the outer indices [begin, end), in row-major order. The
 * table holds the address of every access, in the order of `Space.affines` without its indices. Ranges may run at the
 * same time. */
export function emitKernel(
  module: Module,
  name: string,
  space: Space,
  relaxed: boolean,
): FunctionHandle<readonly ['i32', 'i32', 'i32'], 'void'> {
  return module.func({ name, params: ['i32', 'i32', 'i32'] }, (f) => {
    const [table, begin, end] = f.params
    const strategy = strategyOf(space)
    const { outer, affines } = space
    const costs = space.phases.reduce((sum, { code }) => sum + code.filter(isCostly).length, 0)
    const rank = outer.length
    const byVector = strategy.axis === 'outer'
    const body = createBody({ module, f, relaxed, inline: costs <= MOST_INLINE }, space, byVector)
    // Dimensions before the last one, or all where the last one is not the vector's, advance like an odometer.
    const turning = byVector && rank > 0 ? rank - 1 : rank
    const width = byVector && rank > 0 ? outer[rank - 1] : 1
    const left = f.let(i32.sub(end, begin))
    const rest = f.let(begin)
    const column = f.local('i32')
    if (width > 1) {
      f.set(column, i32.remU(rest, width))
      f.set(rest, i32.divU(rest, width))
    }
    const digits: Local<'i32'>[] = []
    for (let d = turning - 1; d >= 0; d--) {
      digits[d] = f.let(d === 0 ? rest : i32.remU(rest, outer[d]))
      if (d > 0) f.set(rest, i32.divU(rest, outer[d]))
    }
    let word = 0
    const bases = affines.map(({ slot, offset, strides }) => {
      const at = f.let(slot < 0 ? i32.const(offset) : i32.load(table, 4 * word++))
      for (let d = 0; d < turning; d++) if (strides[d]) f.set(at, i32.add(at, i32.mul(digits[d], strides[d])))
      return at
    })

    const row = (): void => {
      if (!byVector || rank === 0) {
        body.row(bases, SINGLE)
        f.set(left, i32.sub(left, 1))
        return
      }
      const axis = rank - 1
      const count = f.let(i32.sub(width, column))
      f.if(i32.gtU(count, left), () => f.set(count, left))
      f.set(left, i32.sub(left, count))
      body.hoist(bases)
      const cursors = affines.map(({ strides }, k) =>
        strides[axis] ? f.let(i32.add(bases[k], i32.mul(column, strides[axis]))) : bases[k],
      )
      const { lanes, copies } = strategy
      const widths: Width[] = [
        ...(copies > 1 ? [{ lanes, copies, axis }] : []),
        { lanes, copies: 1, axis },
        { lanes: 1, copies: 1, axis },
      ]
      for (const w of widths) {
        const step = w.lanes * w.copies
        if (step > width) continue
        f.while(i32.geU(count, step), () => {
          body.row(cursors, w)
          f.set(count, i32.sub(count, step))
          advance(f, affines, cursors, axis, step)
        })
      }
      f.set(column, 0)
    }
    if (turning === 0) return row()
    f.loop((again) => {
      row()
      f.if(left, () => {
        const turn = (d: number): void => {
          for (const [k, { strides }] of affines.entries())
            if (strides[d]) f.set(bases[k], i32.add(bases[k], strides[d]))
          f.set(digits[d], i32.add(digits[d], 1))
          if (d === 0) return
          f.if(i32.eq(digits[d], outer[d]), () => {
            f.set(digits[d], 0)
            for (const [k, { strides }] of affines.entries())
              if (strides[d]) f.set(bases[k], i32.sub(bases[k], strides[d] * outer[d]))
            turn(d - 1)
          })
        }
        turn(turning - 1)
        f.br(again)
      })
    })
  })
}
