import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tensor } from '@gradloom/core'
import * as optim from '../src/index.ts'
import { adam, sgd, SettingError } from '../src/index.ts'

const functions = optim as unknown as Record<string, (...args: unknown[]) => unknown>

describe('settings', () => {
  it('of an unknown name are refused, with the names that are known', () => {
    expect(() => adam({ lr: 0.1 } as never)).toThrow(
      expect.objectContaining({
        name: 'NameError',
        message: 'adam: no setting lr; there are weightDecay, learningRate, beta1, beta2, eps, amsgrad',
      }),
    )
  })
  it('that are required are asked for where an optimizer is made', () => {
    for (const options of [{}, undefined, { learningRate: undefined }])
      expect(() => sgd(options as never)).toThrow(/^sgd: a number in \[0, Infinity\), .* required as learningRate/)
  })
  it.each([
    ['adam', { learningRate: -1 }],
    ['adam', { learningRate: NaN }],
    ['adam', { learningRate: '0.1' }],
    ['adam', { learningRate: tensor([1, 2]) }],
    ['adam', { learningRate: tensor(1, { dtype: 'int32' }) }],
    ['adam', { learningRate: {} }],
    ['adam', { beta1: 1 }],
    ['adam', { beta1: null }],
    ['adam', { beta2: -0.1 }],
    ['adam', { eps: -1e-8 }],
    ['adam', { amsgrad: 1 }],
    ['adam', { weightDecay: Infinity }],
    ['adam', 0.1],
    ['adam', null],
    ['lion', { beta2: 1.1 }],
    ['rmsprop', { decay: 1 }],
    ['rmsprop', { momentum: -0.5 }],
    ['adadelta', { rho: NaN }],
    ['sgd', { learningRate: 1, nesterov: true }],
    ['sgd', { learningRate: 1, nesterov: true, momentum: 0.9, dampening: 0.1 }],
    ['lbfgs', { history: 0.5 }],
    ['lbfgs', { decrease: 0.95 }],
    ['lbfgs', { curvature: 1e-5 }],
    ['reduceOnPlateau', { factor: 1 }],
    ['reduceOnPlateau', { thresholdMode: 'absolute' }],
    ['reduceOnPlateau', { threshold: 1 }],
    ['reduceOnPlateau', { patience: -1 }],
    ['clipByValue', -1],
    ['clipByGlobalNorm', NaN],
    ['ema', 1],
    ['addDecayedWeights', '1'],
    ['scaleByLearningRate', -1],
    ['accumulate', 1.5],
    ['optimizer', { update: () => [] }],
    ['chain', null],
    ['perGroup', () => 'a'],
    ['maskedBy', null],
    ['scaleLoss', undefined],
  ])('of a value out of range or type are refused when they are given: %s(%o)', (name, value) => {
    expect(() => functions[name](value)).toThrow(expect.objectContaining({ name: 'SettingError', code: 'SETTING' }))
  })
  it('refuse what only the second argument has wrong', () => {
    expect(() => optim.scaleLoss(adam(), { initial: 0 })).toThrow(SettingError)
    expect(() => optim.scaleLoss(adam(), { backoff: 1.5 })).toThrow(SettingError)
    expect(() => optim.accumulate(2, {} as never)).toThrow(SettingError)
    expect(() => optim.perGroup(() => 'a', {})).toThrow(SettingError)
    expect(() => optim.perGroup(() => 'a', { a: {} as never })).toThrow(SettingError)
    expect(() => optim.cosine(1, { steps: 3, ends: 1 } as never)).toThrow(/no setting ends; there are steps, end/)
  })
  it('let a threshold that is a difference be large, and norms that only are reported be unbounded', () => {
    expect(optim.reduceOnPlateau({ threshold: 3, thresholdMode: 'abs' })).toHaveProperty('update')
    expect(optim.clipByGlobalNorm(Infinity)).toHaveProperty('update')
  })
  it('whatever is given, the error is one of ours', () => {
    const names = Object.keys(functions).filter((name) => name !== 'SettingError')
    const known = 'learningRate beta1 eps steps every period factor name decay history inner initial value'.split(' ')
    const value = fc.oneof(
      fc.anything(),
      fc.double(),
      fc.constantFrom(0, -1, NaN, Infinity, null, undefined, adam(), optim.constant(1), tensor([1])),
      fc.dictionary(fc.constantFrom(...known), fc.oneof(fc.double(), fc.anything())),
    )
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.array(value, { maxLength: 3 }), (name, args) => {
        try {
          functions[name](...args)
        } catch (error) {
          expect([name, error]).toEqual([name, expect.objectContaining({ code: expect.any(String) as string })])
        }
      }),
      { numRuns: 2000 },
    )
  })
})
