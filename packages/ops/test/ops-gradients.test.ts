import { afterAll, describe, expect, it } from 'vitest'
import * as g from './functions.ts'
import type { Tensor } from '@gradloom/core'
import { createTestRuntime, gradientErrors, i32, wave } from './ops-support.ts'

const rt = createTestRuntime()
afterAll(() => rt.close())

const array = (shape: readonly number[], phase = 0, shift = 0, scale = 1) => ({
  shape,
  data: wave(
    shape.reduce((a, b) => a * b, 1),
    phase,
  ).map((v) => v * scale + shift),
})
const given = (shape: readonly number[], ...data: number[]) => ({ shape, data })

/** Functions, smooth at their inputs, that no golden file covers to second order. */
const cases: {
  readonly [name: string]: readonly [
    (...xs: Tensor[]) => Tensor,
    ...(readonly { shape: readonly number[]; data: readonly number[] }[]),
  ]
} = {
  'polygamma 2': [(x) => g.polygamma(2, x), array([3, 2], 0, 3)],
  'maximum broadcast both ways': [(a, b) => g.maximum(g.square(a), b), array([3, 1]), array([2], 1)],
  'minimum broadcast both ways': [(a, b) => g.minimum(g.square(a), b), array([2, 3]), array([3], 1)],
  'clip inside and outside': [(x) => g.clip(g.mul(x, x), { min: 0.4, max: 1.5 }), array([7])],
  'hypot at small and large arguments': [(a, b) => g.hypot(a, b), given([2], 0.3, -2), given([2], -0.4, 1.5)],
  'prod over two of three axes': [(x) => g.prod(x, { axis: [0, 2] }), array([2, 3, 2])],
  'prod with one zero': [(x) => g.prod(x, { axis: 1 }), given([2, 3], 1.5, 0, -2, 3, 0.5, 2)],
  'prod with two zeros in a row': [(x) => g.prod(x, { axis: 1 }), given([2, 4], 1.5, 0, -2, 0, 3, 0.5, 2, 1)],
  'cumprod with zeros': [(x) => g.cumprod(x, { axis: 0 }), given([5], 1.5, 0, -2, 0, 3)],
  'cumsum of a square along the first axis': [(x) => g.cumsum(g.square(x), { axis: 0 }), array([3, 2])],
  'variance over two axes, sample': [(x) => g.variance(x, { axis: [0, 2], correction: 1 }), array([2, 2, 3])],
  'std of a column': [(x) => g.std(x, { axis: 0 }), array([4, 2])],
  'logSumExp over two axes': [(x) => g.logSumExp(x, { axis: [0, 2], keepDims: true }), array([2, 2, 2])],
  'sort, descending, of a square': [(x) => g.sort(g.square(x), { axis: 0, descending: true }), array([4, 2])],
  'topK along the first axis': [(x) => g.topK(g.square(x), 2, { axis: 0 }).values, array([4, 2])],
  'take by a matrix of indices on a middle axis': [
    (x) => g.take(g.square(x), i32([0, 2, 2, -1], [2, 2]), 1),
    array([2, 3, 2]),
  ],
  'takeAlongAxis with repeated indices': [
    (x) => g.takeAlongAxis(g.square(x), i32([0, 0, 2, 1], [2, 2]), 1),
    array([2, 3]),
  ],
  'scatterAdd into a middle axis': [
    (x, u) => g.square(g.scatterAdd(x, i32([1, 1, 0]), u, 1)),
    array([2, 2, 2]),
    array([2, 3, 2], 1),
  ],
  scatterAddAlongAxis: [
    (x, u) => g.square(g.scatterAddAlongAxis(x, i32([1, 1, 0, 2], [2, 2]), u, 1)),
    array([2, 3]),
    array([2, 2], 1),
  ],
  'diagonal below the main one, of two late axes': [
    (x) => g.square(g.diagonal(x, -1, { axes: [2, 0] })),
    array([2, 2, 3]),
  ],
  'diagonal above the main one': [(x) => g.square(g.diagonal(x, 1)), array([3, 4])],
  'diag of a vector, above': [(x) => g.matmul(g.diag(x, 2), g.diag(x, -2)), array([2])],
  'tile with new leading axes': [(x) => g.square(g.tile(x, [2, 1, 3])), array([2, 2])],
  'roll of two axes': [(x) => g.mul(x, g.roll(x, [1, -2], [0, 1])), array([2, 3])],
  'roll without an axis': [(x) => g.mul(x, g.roll(x, 2)), array([2, 3])],
  'split into sizes': [
    (x) => {
      const [a, , c] = g.split(x, [1, 0, 3], 1)
      return g.mul(a, c)
    },
    array([2, 4]),
  ],
  'triu above the diagonal': [(x) => g.square(g.triu(x, 1)), array([2, 3, 3])],
  'einsum with three inputs': [
    (a, b, c) => g.einsum('ij,jk,kl->il', a, b, c),
    array([2, 3]),
    array([3, 2], 1),
    array([2, 2], 2),
  ],
  'einsum with a trace and a free label': [(a, b) => g.einsum('iij,j->i', a, b), array([2, 2, 3]), array([3], 1)],
  'einsum of one tensor with itself': [(a) => g.einsum('...i,...j->...ij', a, a), array([2, 3])],
  'tensordot over two axes': [
    (a, b) =>
      g.tensordot(a, b, [
        [2, 0],
        [0, 1],
      ]),
    array([2, 2, 3]),
    array([3, 2, 2], 1),
  ],
  'dot of a matrix stack and a vector': [(a, b) => g.dot(g.square(a), b), array([2, 2, 3]), array([3], 1)],
}

describe('gradients agree with central differences', () => {
  it.each(Object.entries(cases))('%s', async (_, [fn, ...inputs]) => {
    const [first, second] = await gradientErrors(rt, fn, inputs)
    expect(first).toBeLessThan(1e-7)
    expect(second).toBeLessThan(1e-6)
  })
})
