import * as core from '../src/functions.ts'
import { apply, defineOp } from '@gradloom/core'
import { expect, it } from 'vitest'
import { reference } from '../src/index.ts'
import { floats } from '../src/samples/data.ts'
import { samples } from '../src/samples/index.ts'
import { sample } from '../src/samples/sample.ts'
import { findGaps } from '../src/suite/closure.ts'

const { kernels } = reference().capabilities

it('rules lead only to ops that are described, have a kernel, or decompose', () => {
  const { ops, gaps } = findGaps(samples, kernels)
  expect(gaps).toEqual([])
  expect(ops.length).toBeGreaterThan(80)
})

it('an op that nothing runs, and one without a gradient, are found', () => {
  const lost = defineOp({ name: 'test/lost', infer: ([x]) => x, vjp: ({ cotangents: [g] }) => [g] })
  const flat = defineOp({ name: 'test/flat', expr: ([x]) => x })
  const rule = defineOp({ name: 'test/rule', expr: ([x]) => x, vjp: ({ cotangents: [g] }) => [apply(lost, [g])] })
  const of = (op: typeof lost): readonly { readonly op: string }[] =>
    findGaps([sample('test', '', [floats([1])], (x) => apply(op, [x]))], kernels).gaps
  expect(of(rule).map((gap) => gap.op)).toEqual(['test/lost'])
  expect(of(flat).map((gap) => gap.op)).toEqual(['test/flat'])
})

/** Exports of core that make no tensor from tensors. */
const NOT_OPS = new Set([
  'allocate',
  'apply',
  'applyAll',
  'asTensor',
  'assign',
  'broadcastShapes',
  'byteSize',
  'checkDType',
  'checkGrads',
  'checkShape',
  'contiguous',
  'createRegistry',
  'createRuntime',
  'defineOp',
  'dtypeOf',
  'grad',
  'hostArray',
  'isFloat',
  'isHostArray',
  'literalOf',
  'nameOf',
  'noGrad',
  'normalizeAxes',
  'normalizeAxis',
  'philox4x32',
  'promote',
  'roundTo',
  'sameShape',
  'scalarInputs',
  'scope',
  'setRuntime',
  'show',
  'sizeOf',
  'slot',
  'toFloat',
  'toHostArray',
  'updates',
  'valueAndGrad',
])

it('every public op has samples', () => {
  const sampled = new Set(samples.map((s) => s.op))
  const ops = Object.entries(core).flatMap(([name, v]) =>
    typeof v === 'function' && /^[a-z]/.test(name) && !NOT_OPS.has(name) ? [name] : [],
  )
  expect(
    ops.filter((name) => !sampled.has(name)),
    'add samples, or list them as no ops',
  ).toEqual([])
})

it('every sampled op has values that are stated, not computed', () => {
  const stated = new Set(samples.filter((s) => s.want).map((s) => s.op))
  expect([...new Set(samples.map((s) => s.op))].filter((op) => !stated.has(op))).toEqual(['createRng'])
})
