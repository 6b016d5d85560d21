import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { claim } from '../src/extend.ts'
import { add, createRuntime, hostArray, slot } from '../src/index.ts'

const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())

describe('variables', () => {
  it('that are state are saved and loaded with the rest, and are no parameters', async () => {
    const env = rt.variables()
    env.name('w').set([1, 2])
    env.name('mean').set([3], { state: true })
    env.name('mean').set([4])
    await env.run((ctx) => expect(ctx.variables()).toEqual([env.name('w').tensor]))
    expect([...(await env.save()).keys()]).toEqual(['w', 'mean'])
  })
  it('have a tensor that reads them, in and outside of runs', async () => {
    const env = rt.variables()
    env.name('w').set([1, 2])
    expect([...(await add(env.name('w').tensor, 1).data())]).toEqual([2, 3])
    await env.run((ctx) => expect(ctx.variable('w')).toBe(env.name('w').tensor))
    expect(() => env.name('v').tensor).toThrow(expect.objectContaining({ name: 'NameError' }))
  })
  it('are loaded from a Map, and where a whole file is given the error says of what', () => {
    const file = { tensors: new Map() }
    expect(() => rt.variables().load(file as never)).toThrow('load: a Map, as tensors of a file, required, got object')
  })
  it('loaded in part tell what was left out', async () => {
    const env = rt.variables()
    env.name('w').set([1, 2])
    env.name('mean').set([3], { state: true })
    const file = new Map([
      ['w', hostArray(Float32Array.of(5, 6), [2])],
      ['norm/mean', hostArray(Float32Array.of(7), [1])],
    ])
    expect(env.load(file, { partial: true })).toEqual({ missing: ['mean'], unknown: ['norm/mean'] })
    expect([...(await env.name('w').get()).data]).toEqual([5, 6])
    expect(env.load(await env.save())).toEqual({ missing: [], unknown: [] })
  })
  it('are saved and loaded by names within a namespace, all or those that are asked for', async () => {
    const env = rt.variables()
    env.name('a/w').set([1])
    env.name('a/b').set([2])
    env.name('w').set([3])
    const a = env.namespace('a')
    expect([...(await a.save()).keys()]).toEqual(['w', 'b'])
    const saved = await a.save({ names: ['b'] })
    expect([...saved.keys()]).toEqual(['b'])
    env.name('a/b').set([4])
    a.load(saved, { names: ['b'] })
    expect([...(await env.save())].map(([name, { data }]) => [name, data[0]])).toEqual([
      ['a/w', 1],
      ['a/b', 2],
      ['w', 3],
    ])
    expect(() => a.load(saved)).toThrow(/missing \[w\], unknown \[\]/)
    await expect(a.save({ names: ['c'] })).rejects.toThrow(expect.objectContaining({ name: 'NameError' }))
  })
  it('are neither taken for the state of an optimizer of their name, nor disposed with it', async () => {
    const env = rt.variables()
    env.name('w').set([1, 2])
    env.name('adam/w').set([3])
    const w = env.name('w').tensor
    claim(w, 'adam', 'first')
    expect(() => slot(w, 'adam/w', 0)).toThrow(expect.objectContaining({ name: 'NameError' }))
    slot(w, 'adam/step', 0)
    expect(env.variableNames()).toEqual(['w', 'adam/w', 'adam/step'])
    claim(w, 'adam', 'second')
    expect(env.variableNames()).toEqual(['w', 'adam/w'])
    expect(
      await env
        .name('adam/w')
        .get()
        .then((v) => v.array()),
    ).toEqual([3])
  })
  it('of another runtime are refused, which would take them along as it closes', async () => {
    const other = createRuntime({ backends: [reference()] })
    const env = other.variables()
    const w = env.name('w')
    w.set([1, 2])
    const own = rt.variables()
    own.name('v').set([3, 4])
    const refusal = { code: 'BACKEND', message: expect.stringMatching(/^w: .* another runtime/) as string }
    const step = own.compile((ctx) => ({ y: ctx.variable('v').mul(w.tensor) }))
    await expect(step()).rejects.toMatchObject(refusal)
    await expect(rt.evaluate([w.tensor.add(1)])).rejects.toMatchObject(refusal)
    own.name('u').set(w.tensor.add(1))
    await expect(own.name('u').get()).rejects.toMatchObject(refusal)
    expect((await w.get()).array()).toEqual([1, 2])
    expect((await own.name('v').get()).array()).toEqual([3, 4])
    await other.close()
  })
  it('are not loaded under what is no name', () => {
    const env = rt.variables()
    env.name('w').set([1, 2])
    for (const name of [Symbol('w'), null, Object.create(null)] as never[]) {
      const error = expect.objectContaining({
        name: 'SettingError',
        message: expect.stringMatching(/a name required/) as string,
      })
      expect(() => env.load(new Map([[name, hostArray(Float32Array.of(1, 2))]]))).toThrow(error)
      expect(() => env.load(new Map(), { names: [name] })).toThrow(error)
    }
  })
  it('are what placeholders are not: those are fed by themselves or by name', async () => {
    await rt.run((ctx) => {
      for (const wrong of [undefined, null, 3, Symbol('x'), {}] as never[])
        expect(() => ctx.evaluator().feed(wrong, 1)).toThrow('feed: a placeholder or its name required')
    })
  })
})
