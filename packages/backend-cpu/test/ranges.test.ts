import { expect, test } from 'vitest'
import fc from 'fast-check'
import { hasRelaxedSimd, type Task } from '@gradloom/blas-wasm'
import { contiguous, sizeOf, type Instruction, type LoopKernel } from '@gradloom/core'
import { emitKernel } from '../src/loop/kernel.ts'
import { spaceOf } from '../src/loop/space.ts'
import { tiled } from '../src/loop/tile.ts'
import { createDeviceMemory } from '../src/memory/device-memory.ts'
import { createTeam } from '../src/threads/team.ts'

const dtype = 'float32'
const device = createDeviceMemory()
const team = createTeam(1, device.memory)

/** tanh(x) + b over the last dimension, or the sum of that over `inner`, which comes before or after the outer
 * dimensions. */
function kernelOf(outer: number[], inner: number[], innerFirst: boolean): LoopKernel {
  const sizes = innerFirst ? [...inner, ...outer] : [...outer, ...inner]
  const full = contiguous(sizes)
  const strides = innerFirst ? [...full.slice(inner.length), ...full.slice(0, inner.length)] : full
  const code: Instruction[] = [
    { op: 'read', dtype, read: 0 },
    { op: 'tanh', dtype, args: [0] },
    { op: 'read', dtype, read: 1 },
    { op: 'add', dtype, args: [1, 2] },
  ]
  const bias = [...outer.map((_, d) => (d === outer.length - 1 ? 1 : 0)), ...inner.map(() => 0)]
  const out = { buffer: 2, dtype, offset: 0, strides: [...contiguous(outer), ...inner.map(() => 0)] } as const
  return {
    outer,
    inner,
    reads: [
      { buffer: 0, dtype, offset: 0, strides },
      { buffer: 1, dtype, offset: 0, strides: bias },
    ],
    phases:
      inner.length === 0
        ? [{ over: 'outer', code, reduce: [], write: [{ access: out, value: 3 }] }]
        : [
            { over: 'inner', code, reduce: [{ kind: 'sum', value: 3 }], write: [] },
            {
              over: 'outer',
              code: [{ op: 'reduced', dtype, value: 0 }],
              reduce: [],
              write: [{ access: out, value: 0 }],
            },
          ],
  }
}

test('any cut of the outer indices into ranges gives the same bits', () => {
  const size = fc.constantFrom<number[]>(1, 2, 3, 5, 9, 16, 37)
  fc.assert(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 3 }),
      fc.array(size, { maxLength: 2 }),
      fc.boolean(),
      fc.array(fc.nat(), { maxLength: 6 }),
      (outer, inner, innerFirst, cuts) => {
        const n = sizeOf(outer)
        const count = n * sizeOf(inner)
        const last = outer.at(-1)!
        const space = tiled(spaceOf(kernelOf(outer, inner, innerFirst)))
        const module = team.module()
        module.export(emitKernel(module, 'kernel', space, hasRelaxedSimd()), 'kernel')
        const kernel = team.own(new WebAssembly.Module(module.toBytes())).kernel as Task
        const pointers = space.affines.filter(({ slot }) => slot >= 0)
        const blocks = [count, last, n].map((length) => device.allocate(4 * length))
        const table = device.allocate(4 * pointers.length)
        device.write(
          Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7) * 3),
          dtype,
          blocks[0],
        )
        device.write(
          Float32Array.from({ length: last }, (_, i) => i * 0.37),
          dtype,
          blocks[1],
        )
        device.write(
          Int32Array.from(pointers, ({ slot, offset }) => blocks[space.slots[slot]] + offset),
          'int32',
          table,
        )
        const run = (ends: readonly number[]) => {
          device.write(new Float32Array(n).fill(NaN), dtype, blocks[2])
          let begin = 0
          for (const end of ends) {
            if (end > begin) kernel(table, begin, end)
            begin = Math.max(begin, end)
          }
          return device.read(dtype, blocks[2], n)
        }
        const whole = run([n])
        expect(whole.some(Number.isNaN)).toBe(false)
        expect(run([...cuts.map((c) => c % n).sort((a, b) => a - b), n])).toEqual(whole)
        for (const address of [...blocks, table]) device.free(address)
      },
    ),
    { numRuns: 120 },
  )
})
