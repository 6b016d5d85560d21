import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { add, createRuntime, full, mul, slice, sum, tanh, zeros, type Runtime, type Tensor } from '@gradloom/core'
import { cpu } from '../src/index.ts'

describe.each(['inline', 'worker'] as const)('%s: results that are kept', (placement) => {
  let rt: Runtime
  beforeAll(() => {
    rt = createRuntime({ backends: [cpu({ threads: 1, placement })] })
  })
  afterAll(() => rt.close())
  const data = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i))
  const values = async (t: Tensor): Promise<number[]> => [...((await t.data()) as Float32Array)]

  it('have the bits of those that are not, in whatever order runs keep them', async () => {
    const step = rt.variables().compile((ctx) => {
      const x = ctx.placeholder('x', [-1])
      const y = tanh(x)
      const z = add(mul(y, y), sum(y))
      return { y, z, again: z, x }
    })
    const plain = await step({ x: data })
    for (const size of [300, 300, 7, 300]) {
      const x = data.subarray(0, size)
      const kept = await step({ x }, { keep: true })
      const given = await step({ x })
      for (const name of ['y', 'z', 'again', 'x'] as const) {
        expect(await values(kept[name])).toEqual([...given[name].data])
        if (size === 300) expect(given[name].data).toEqual(plain[name].data)
        kept[name].dispose()
      }
    }
  })

  it('stay as they are while later runs take the arena', async () => {
    const step = rt.variables().compile((ctx) => ({ y: mul(ctx.placeholder('x', [-1]), 2) }))
    const first = await step({ x: data }, { keep: true })
    const second = await step({ x: data.map((v) => v + 1) }, { keep: true })
    await step({ x: data.map((v) => v + 2) })
    expect(await values(first.y)).toEqual(Array.from(data, (v) => v * 2))
    expect(await values(second.y)).toEqual(Array.from(data, (v) => Math.fround(Math.fround(v + 1) * 2)))
  })

  it('that are zeros are so in memory that held other values', async () => {
    for (let round = 0; round < 3; round++) {
      const env = rt.variables()
      for (let i = 0; i < 4; i++) {
        env.name(`noise ${i}`).set(add(full([2000 + 500 * i], 7), i))
        env.name(`rest ${i}`).set(zeros([1000 + 900 * i]))
      }
      env.name('negative').set(full([100], -0))
      env.name('flags').set(zeros([100], { dtype: 'bool' }))
      // Some intermediate values, so that the arena is written to between.
      await env.compile((ctx) => {
        const noise = ctx.variable('noise 3')
        return { s: sum(tanh(slice(add(noise, sum(noise)), [[0, 50]]))) }
      })()
      const held = [...(await env.save())]
      const isAll = (kind: string, isRight: (v: number, name: string) => boolean): boolean =>
        held.every(([name, { data: all }]) => !name.startsWith(kind) || all.every((v) => isRight(v, name)))
      expect(isAll('rest', (v) => Object.is(v, 0))).toBe(true)
      expect(isAll('negative', (v) => Object.is(v, -0))).toBe(true)
      expect(isAll('flags', (v) => v === 0)).toBe(true)
      expect(isAll('noise', (v, name) => v === 7 + Number(name.slice(6)))).toBe(true)
      env.dispose()
    }
  })
})
