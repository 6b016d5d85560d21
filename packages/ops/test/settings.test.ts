/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createRuntime, full, grad, ones, SettingError, tensor, zeros } from '@gradloom/core'
import { settings } from '@gradloom/core/extend'
import { reference } from '@gradloom/conformance'
import * as g from './functions.ts'

const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())
const x = tensor([
  [1, 2],
  [3, 4],
])
const rng = g.createRng(1)
const env = rt.variables()

/** Functions with settings at their end. */
const calls: { readonly [name: string]: (options: never) => unknown } = {
  tensor: (o) => tensor([1], o),
  full: (o) => full([1], 1, o),
  zeros: (o) => zeros([1], o),
  ones: (o) => ones([1], o),
  sum: (o) => g.sum(x, o),
  'sum, chained': (o) => x.sum(o),
  mean: (o) => g.mean(x, o),
  max: (o) => g.max(x, o),
  min: (o) => g.min(x, o),
  any: (o) => g.any(x, o),
  all: (o) => g.all(x, o),
  argMax: (o) => g.argMax(x, o),
  argMin: (o) => g.argMin(x, o),
  prod: (o) => g.prod(x, o),
  logSumExp: (o) => g.logSumExp(x, o),
  variance: (o) => g.variance(x, o),
  std: (o) => g.std(x, o),
  clip: (o) => g.clip(x, o),
  pad: (o) =>
    g.pad(
      x,
      [
        [0, 1],
        [0, 1],
      ],
      o,
    ),
  checkIndices: (o) => g.checkIndices([0], 1, o),
  grad: (o) => grad([x], [x], o),
  sort: (o) => g.sort(x, o),
  argsort: (o) => g.argsort(x, o),
  topK: (o) => g.topK(x, 1, o),
  cumsum: (o) => g.cumsum(x, o),
  cumprod: (o) => g.cumprod(x, o),
  diagonal: (o) => g.diagonal(x, 0, o),
  arange: (o) => g.arange(0, 3, 1, o),
  linspace: (o) => g.linspace(0, 3, 3, o),
  eye: (o) => g.eye(3, o),
  'eye, not square': (o) => g.eye(3, 2, o),
  oneHot: (o) => g.oneHot([0], 2, o),
  scan: (o) => g.scan((c, y) => [c, y], x, x, o),
  uniform: (o) => rng.uniform([2], o),
  normal: (o) => rng.normal([2], o),
  truncatedNormal: (o) => rng.truncatedNormal([2], o),
  logNormal: (o) => rng.logNormal([2], o),
  bernoulli: (o) => rng.bernoulli([2], o),
  exponential: (o) => rng.exponential([2], o),
  gamma: (o) => rng.gamma([2], 1, o),
  glorotUniform: (o) => rng.glorotUniform([2, 2], o),
  glorotNormal: (o) => rng.glorotNormal([2, 2], o),
  heUniform: (o) => rng.heUniform([2, 2], o),
  heNormal: (o) => rng.heNormal([2, 2], o),
  orthogonal: (o) => rng.orthogonal([2, 2], o),
  createRuntime: (o) => createRuntime(o),
  set: (o) => env.name('w').set(1, o),
  load: (o) => env.load(new Map(), o),
}

describe('settings', () => {
  it.each(Object.keys(calls))('of a name that %s does not know are refused, with the names that it knows', (name) => {
    expect(() => calls[name]({ dim: 1 } as never)).toThrow(
      expect.objectContaining({
        code: 'NAME',
        message: expect.stringMatching(/: no setting dim; there are \w+/) as never,
      }),
    )
  })
  it.each(Object.keys(calls))('that are no object are refused by %s', (name) => {
    // A number there is another argument of eye.
    const others = ['int32', true, null, [1], new Map(), () => 1, ...(name === 'eye' ? [] : [1])]
    for (const other of others)
      expect(() => calls[name](other as never)).toThrow(expect.objectContaining({ code: 'SETTING' }))
  })
  it.each(Object.keys(calls))('of any kind give a value or an error of ours: %s', (name) => {
    const known =
      'axis keepDims dtype requiresGrad value min max correction descending axes length reverse low high mean std'
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...known.split(' ')), fc.anything()), (options) => {
        try {
          calls[name](options as never)
        } catch (error) {
          expect([name, error]).toEqual([name, expect.objectContaining({ code: expect.any(String) as string })])
        }
      }),
      { numRuns: 50 },
    )
  })
  it('name the function that was called', () => {
    expect(() => g.sum(x, { dim: 1 } as never)).toThrow('sum: no setting dim; there are axis, keepDims')
    expect(() => tensor([1], 'int32' as never)).toThrow(
      'tensor: an object of dtype, requiresGrad required as settings, got int32',
    )
    expect(() => g.sum(x, { keepDims: 1 } as never)).toThrow('sum: boolean required as keepDims, got 1')
  })
  it('that are undefined are absent', () => {
    expect(settings('f', { a: undefined }, { a: 1, b: null })).toEqual({ a: 1, b: null })
    expect(settings('f', undefined, { a: 1 })).toEqual({ a: 1 })
    expect(() => settings('f', { toString: 1 }, { a: 1 })).toThrow(expect.objectContaining({ code: 'NAME' }))
  })
  it('are checked where runs end', async () => {
    const step = env.compile(() => ({ y: x }))
    await expect(step({}, { kept: true } as never)).rejects.toMatchObject({ code: 'NAME' })
    await expect(
      rt.run((ctx) =>
        ctx
          .evaluator()
          .push(x)
          .run({ keep: 1 } as never),
      ),
    ).rejects.toThrow(SettingError)
    await expect(g.checkGrads((y) => y, [x], { tol: 1 } as never)).rejects.toMatchObject({ code: 'NAME' })
  })
  it('a runtime needs backends that were made', () => {
    for (const backends of [[], [reference], ['cpu'], [null], [{}]])
      expect(() => createRuntime({ backends: backends as never })).toThrow(expect.objectContaining({ code: 'BACKEND' }))
    expect(() => createRuntime({ backends: reference() as never })).toThrow(SettingError)
    expect(() => createRuntime(undefined as never)).toThrow(expect.objectContaining({ code: 'BACKEND' }))
    expect(() => createRuntime({ backends: [reference()], plugins: {} as never })).toThrow(SettingError)
  })
})
