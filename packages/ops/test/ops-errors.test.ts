import { afterAll, describe, expect, it } from 'vitest'
import type { Tensor } from '@gradloom/core'
import * as g from './functions.ts'
import { createTestRuntime, f64, i32 } from './ops-support.ts'

const rt = createTestRuntime()
afterAll(() => rt.close())
const x = f64([1, 2, 3, 4, 5, 6], [2, 3])

describe('what shapes and dtypes can decide is refused while the graph is built', () => {
  it.each<[string, () => unknown, string, RegExp]>([
    ['take with float indices', () => g.take(x, f64([0])), 'DTYPE', /take: int32 .* float64/],
    ['take with a fraction', () => g.take(x, [0.5]), 'DTYPE', /int32/],
    ['take from an axis that is not there', () => g.take(x, [0], 2), 'SHAPE', /take: axis .* \[2, 3\]/],
    ['take from an empty axis', () => g.take(f64([], [0]), [0]), 'SHAPE', /take: .* \[0\]/],
    [
      'takeAlongAxis with indices of another size',
      () => g.takeAlongAxis(x, i32([0, 0, 0], [3, 1]), 1),
      'SHAPE',
      /takeAlongAxis: .*\[3, 1\]/,
    ],
    [
      'scatterAdd with updates of another shape',
      () => g.scatterAdd(x, i32([0]), x, 0),
      'SHAPE',
      /scatterAdd: .*\[1, 3\].*\[2, 3\]/,
    ],
    ['scatterAdd of bools', () => g.scatterAdd([true], [0], [true]), 'DTYPE', /bool/],
    [
      'arithmetic on a bool in a formula of somebody else',
      () => g.apply(g.defineOp({ name: 'acme/minus', expr: ([a]) => a.sub(1), vjp: () => [null] }), [[true]]),
      'DTYPE',
      /sub: numbers required, got bool/,
    ],
    ['oneHot of floats', () => g.oneHot(x, 3), 'DTYPE', /oneHot/],
    ['checkIndices of floats', () => g.checkIndices(x, 3), 'DTYPE', /checkIndices/],
    ['cumsum of a scalar', () => g.cumsum(2), 'SHAPE', /cumsum/],
    ['topK of more than there are', () => g.topK(x, 4), 'SHAPE', /topK: .*\[2, 3\]/],
    ['argMax over an empty axis', () => g.argMax(f64([], [0])), 'SHAPE', /argMax/],
    ['stack of a sparse array', () => g.stack(new Array<Tensor>(2)), 'DTYPE', /tensor: .* got undefined/],
    ['stack of what is no list', () => g.stack(x as never), 'SETTING', /stack: a list required/],
    ['split that does not divide', () => g.split(x, 2, 1), 'SHAPE', /split: 2 equal parts/],
    ['split into sizes that do not add up', () => g.split(x, [1, 1], 1), 'SHAPE', /split: sizes \[1,1\]/],
    ['stack of different shapes', () => g.stack([x, f64([1])]), 'SHAPE', /\[2, 3\] and \[1\]/],
    ['stack of nothing', () => g.stack([]), 'SHAPE', /one tensor/],
    ['tile by a negative number', () => g.tile(x, [-1]), 'SHAPE', /tile/],
    ['roll by a fraction', () => g.roll(x, 0.5, 0), 'SHAPE', /roll/],
    ['triu of a vector', () => g.triu(f64([1])), 'SHAPE', /triu: .*\[1\]/],
    ['diagonal of one axis twice', () => g.diagonal(x, 0, { axes: [1, -1] }), 'SHAPE', /diagonal/],
    ['diag of a stack', () => g.diag(f64([1], [1, 1, 1])), 'SHAPE', /diag/],
    ['arange without progress', () => g.arange(0, 1, 0), 'SHAPE', /arange/],
    ['linspace of a negative count', () => g.linspace(0, 1, -1), 'SHAPE', /linspace/],
    ['polygamma of a negative order', () => g.polygamma(-1, x), 'DTYPE', /polygamma/],
    ['einsum with a term too few', () => g.einsum('ij', x, x), 'SHAPE', /einsum: .*'ij'/],
    ['einsum with a letter too few', () => g.einsum('i->i', x), 'SHAPE', /input 0/],
    ['einsum with two arrows', () => g.einsum('ij->i->j', x), 'SHAPE', /einsum/],
    ['einsum with a digit', () => g.einsum('i1->i', x), 'SHAPE', /einsum/],
    ['einsum with an unknown output letter', () => g.einsum('ij->k', x), 'SHAPE', /output/],
    ['einsum with a repeated output letter', () => g.einsum('ij->ii', x), 'SHAPE', /output/],
    ['einsum of different sizes', () => g.einsum('ij,jk', x, x), 'SHAPE', /got 3 and 2|got 2 and 3/],
    ['einsum trace of a rectangle', () => g.einsum('ii', x), 'SHAPE', /sizes/],
    ['einsum of bools', () => g.einsum('i,i', [true], [true]), 'DTYPE', /bool/],
    ['tensordot of different sizes', () => g.tensordot(x, x, 1), 'SHAPE', /tensordot: .*\[2, 3\] and \[2, 3\]/],
    [
      'tensordot over an axis that is not there',
      () => g.tensordot(x, x, [[2], [0]]),
      'SHAPE',
      /tensordot: axis .* got 2/,
    ],
    [
      'tensordot over one axis twice',
      () =>
        g.tensordot(x, x, [
          [0, 0],
          [0, 0],
        ]),
      'SHAPE',
      /different axes/,
    ],
    ['zeros of a negative size', () => g.zeros([-2]), 'SHAPE', /^zeros: .*\[-2\]/],
    ['ones of a dtype that is none', () => g.ones([2], { dtype: 'float' as never }), 'DTYPE', /^ones: .* got float/],
    ['eye of a fraction', () => g.eye(1.5), 'SHAPE', /^eye: .* 1.5/],
    ['eye of a dtype that is none', () => g.eye(2, { dtype: 'float' as never }), 'DTYPE', /^eye: .* got float/],
    ['oneHot of a negative depth', () => g.oneHot([1], -1), 'SHAPE', /^oneHot: .* -1/],
    ['stack of different sizes', () => g.stack([x, f64([1, 2], [2, 1])]), 'SHAPE', /^stack: .*\[2, 3\] and \[2, 1\]/],
    ['dot of different sizes', () => g.dot(x, x), 'SHAPE', /^dot: .*\[2, 3\] and \[2, 3\]/],
    ['dot of bools', () => g.dot([true], [true]), 'DTYPE', /^dot: .*bool/],
    ['tensordot of bools', () => g.tensordot([true], [true], 1), 'DTYPE', /^tensordot: .*bool/],
    ...Object.entries({
      equal: g.equal,
      notEqual: g.notEqual,
      less: g.less,
      lessEqual: g.lessEqual,
      greater: g.greater,
      greaterEqual: g.greaterEqual,
      logicalAnd: g.logicalAnd,
      logicalOr: g.logicalOr,
      logicalXor: g.logicalXor,
      maximum: g.maximum,
      minimum: g.minimum,
      remainder: g.remainder,
      hypot: g.hypot,
      atan2: g.atan2,
    }).map(([name, fn]): [string, () => unknown, string, RegExp] => [
      `${name} of shapes that do not broadcast`,
      () => fn(x, f64([1, 2])),
      'SHAPE',
      new RegExp(`^${name}: .*\\[2, 3\\] and \\[2\\]`),
    ]),
    ['a seed that is no whole number', () => g.createRng(0.5), 'DTYPE', /seed/],
    ['random integers', () => g.createRng(1).uniform([2], { dtype: 'int32' }), 'DTYPE', /int32/],
    ['draws of negative sizes', () => g.createRng(1).bernoulli([-1]), 'SHAPE', /^rng: sizes/],
    ['a permutation of a negative number', () => g.createRng(1).permutation(-1), 'SHAPE', /^rng: sizes/],
    ['a weight without axes', () => g.createRng(1).heNormal([]), 'SHAPE', /weight/],
  ])('%s', (_, build, code, message) => {
    expect(build).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }))
  })
})

describe('indices out of range fail the run', () => {
  it.each<[string, () => g.Tensor]>([
    ['take', () => g.take(x, i32([0, 2]))],
    ['take, negative', () => g.take(x, i32([-3]))],
    ['takeAlongAxis', () => g.takeAlongAxis(x, i32([3, 0], [2, 1]), 1)],
    ['scatterAdd', () => g.scatterAdd(x, i32([2]), f64([0, 0, 0], [1, 3]))],
    ['checkIndices', () => g.checkIndices(i32([0, -1]), 3)],
  ])('%s', async (_, build) => {
    await expect(rt.evaluate([build()])).rejects.toMatchObject({ code: 'INDEX' })
  })
  it('checkIndices lets ignoreIndex pass', async () => {
    expect((await rt.evaluate([g.checkIndices(i32([0, -100, 2]), 3, { ignoreIndex: -100 })]))[0].array()).toEqual([
      0, -100, 2,
    ])
  })
})
