import { apply, createRuntime, defineOp } from '@gradloom/core'
import type { Instruction, LoopKernel, Plan, PlanBuffer, Step, TypedArray } from '@gradloom/core'
import { describe, expect, it } from 'vitest'
import { reference, type ReferenceKernel } from '../src/index.ts'

const loop = (kernel: LoopKernel): Step => ({ type: 'loop', label: 'test', scope: '', ...kernel })
const access = (buffer: number, strides: readonly number[], offset = 0): LoopKernel['reads'][number] => ({
  buffer,
  dtype: 'float32',
  offset,
  strides,
})
const input = (at: number, size: number): PlanBuffer => ({ kind: 'input', input: at, dtype: 'float32', size })
const arena = (size: number, byteOffset = 0): PlanBuffer => ({ kind: 'arena', byteOffset, dtype: 'float32', size })
const read = (at: number): Instruction => ({ op: 'read', dtype: 'float32', read: at })

/** A plan of float32 buffers; `sizes` are those of its inputs. */
function planOf(
  inputs: readonly number[],
  work: readonly number[],
  steps: readonly Step[],
  output: number,
  written: readonly number[] = [],
): Plan {
  const buffers = [...inputs.map((size, i) => input(i, size)), ...work.map((size) => arena(size))]
  return {
    buffers,
    steps,
    arenaBytes: 64 * work.length,
    inputs: inputs.map((size, i) => ({
      kind: 'feed',
      name: `x${i}`,
      shape: [size],
      dtype: 'float32',
      buffer: i,
      written: written.includes(i),
    })),
    outputs: [{ shape: [buffers[output].size], dtype: 'float32', buffer: output }],
  }
}
const runOn = async (plan: Plan, ...inputs: TypedArray[]): Promise<number[]> => {
  const executable = await reference().prepare(plan, new Map())
  return Array.from((await executable.run(inputs, [false]))[0] as TypedArray)
}

describe('reference', () => {
  it('sees what earlier phases wrote, and reductions, for the same outer index', async () => {
    // Rows of a 2 x 3 array minus their maximum, in two phases over a flipped view.
    const kernel = loop({
      outer: [2],
      inner: [3],
      reads: [access(0, [3, -1], 2)],
      phases: [
        { over: 'inner', code: [read(0)], reduce: [{ kind: 'max', value: 0 }], write: [] },
        {
          over: 'inner',
          reduce: [],
          write: [{ access: access(1, [3, 1]), value: 2 }],
          code: [read(0), { op: 'reduced', dtype: 'float32', value: 0 }, { op: 'sub', dtype: 'float32', args: [0, 1] }],
        },
      ],
    })
    expect(await runOn(planOf([6], [6], [kernel], 1), Float32Array.of(1, 5, 2, -1, -7, -3))).toEqual([
      -3, 0, -4, -2, -6, 0,
    ])
  })

  it('rounds every float32 instruction', async () => {
    const code: Instruction[] = [
      read(0),
      { op: 'const', dtype: 'float32', value: 0.1 },
      { op: 'add', dtype: 'float32', args: [0, 1] },
    ]
    const kernel = loop({
      outer: [1],
      inner: [],
      reads: [access(0, [1])],
      phases: [{ over: 'outer', code, reduce: [], write: [{ access: access(1, [1]), value: 2 }] }],
    })
    expect(await runOn(planOf([1], [1], [kernel], 1), Float32Array.of(0.7))).toEqual([
      Math.fround(Math.fround(0.7) + Math.fround(0.1)),
    ])
  })

  it('contracts strided operands batch by batch', async () => {
    const contraction: Step = {
      type: 'contraction',
      label: 'test',
      scope: '',
      dtype: 'float32',
      batch: [2],
      m: 1,
      n: 2,
      k: 2,
      out: 2,
      a: { buffer: 0, offset: 0, batch: [2], row: 2, column: 1 },
      b: { buffer: 1, offset: 0, batch: [0], row: 1, column: 2 },
    }
    expect(
      await runOn(
        planOf([4, 4], [4], [contraction], 2),
        Float32Array.of(1, 2, 3, 4),
        Float32Array.of(1, 10, 100, 1000),
      ),
    ).toEqual([21, 2100, 43, 4300])
  })

  it('refuses a plan that reads what nothing wrote, or leaves a buffer', async () => {
    const copy = (from: number, to: number, offset = 0): Step =>
      loop({
        outer: [2],
        inner: [],
        reads: [access(from, [1], offset)],
        phases: [{ over: 'outer', code: [read(0)], reduce: [], write: [{ access: access(to, [1]), value: 0 }] }],
      })
    await expect(runOn(planOf([2], [2, 2], [copy(1, 2)], 2), new Float32Array(2))).rejects.toMatchObject({
      code: 'KERNEL',
    })
    await expect(runOn(planOf([2], [2], [copy(0, 1, 1)], 1), new Float32Array(2))).rejects.toMatchObject({
      code: 'KERNEL',
    })
  })

  it('leaves written inputs alone when a later step fails', async () => {
    const backend = reference()
    const variable = await backend.upload(Float32Array.of(1, 2), 'float32')
    const double = loop({
      outer: [2],
      inner: [],
      reads: [access(0, [1])],
      phases: [
        {
          over: 'outer',
          code: [read(0), { op: 'add', dtype: 'float32', args: [0, 0] }],
          reduce: [],
          write: [{ access: access(0, [1]), value: 1 }],
        },
      ],
    })
    const bad: Step = {
      type: 'kernel',
      label: 'acme/fail',
      scope: '',
      name: 'acme/fail',
      attrs: null,
      inputs: [],
      outputs: [],
    }
    const fail = (): void => {
      throw new Error('no')
    }
    const failing = await backend.prepare(planOf([2], [], [double, bad], 0, [0]), new Map([['acme/fail', fail]]))
    await expect(failing.run([variable], [false])).rejects.toThrow('no')
    expect(Array.from(await backend.download(variable))).toEqual([1, 2])
    const fine = await backend.prepare(planOf([2], [], [double], 0, [0]), new Map())
    await fine.run([variable], [false])
    expect(Array.from(await backend.download(variable))).toEqual([2, 4])
  })

  it('disposes buffers, and reports what is held', async () => {
    const backend = reference()
    const buffer = await backend.upload(new Float32Array(5), 'float32')
    expect(backend.memory().buffers).toBe(20)
    buffer.dispose()
    buffer.dispose()
    expect(backend.memory().buffers).toBe(0)
    await expect(backend.download(buffer)).rejects.toMatchObject({ name: 'DisposedError', code: 'DISPOSED' })
    await backend.close()
    await expect(backend.upload(new Float32Array(1), 'float32')).rejects.toMatchObject({ code: 'BACKEND' })
  })
})

describe('kernels of plugins', () => {
  const twiceOp = defineOp({ name: 'acme/twice', infer: ([x]) => x })
  const runWith = async (kernel: unknown): Promise<unknown> => {
    const acme = { name: 'acme', ops: [twiceOp], kernels: { reference: { 'acme/twice': kernel } } }
    const runtime = createRuntime({ backends: [reference()], plugins: [acme] })
    const [y] = await runtime.evaluate([apply(twiceOp, [[1, 2]])])
    return y.array()
  }
  it('are given settings, inputs and outputs', async () => {
    const twice: ReferenceKernel = (_, [x], [y]) => y.data.set(x.data.map((v) => 2 * v))
    expect(await runWith(twice)).toEqual([2, 4])
  })
  it('that fail are told by their op, such as those that are written for another backend', async () => {
    const forCpu = ({ inputs: [x] }: { inputs: Float32Array[] }): unknown => x
    const message = expect.stringMatching(/^acme\/twice: the kernel failed: TypeError/) as string
    await expect(runWith(forCpu)).rejects.toThrow(expect.objectContaining({ code: 'KERNEL', message }))
  })
})
