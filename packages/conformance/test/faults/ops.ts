/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../../src/functions.ts'
import type { Op, Scalar, Tensor } from '@gradloom/core'
import { mapForm } from '@gradloom/core/extend'
import { asDecomposition, inGradients, type Fault } from './plant.ts'

/** The index map of a view. */
function viewOf({ name, form }: Op<never>): Extract<Op<never>['form'], { kind: 'view' }>['view'] {
  if (form.kind !== 'view') throw new Error(`${name}: a view required`)
  return form.view
}

const flipped = (axis: number, rank: number): number => (axis + 1) % Math.max(1, rank)

/** Mistakes that people make in rules. */
export const opFaults: readonly Fault[] = [
  inGradients('wrong sign', 'exp', 'exp', ([d]) => [g.neg(d!)]),
  inGradients('a missing minus', 'sub', 'sub', (_, { cotangents: [c] }) => [c, c]),
  inGradients('a missing factor', 'sqrt', 'sqrt', ([d]) => [g.mul(d!, 2)]),
  inGradients('a dropped cotangent', 'mul', 'mul', (_, { inputs: [a, b] }) => [b, a]),
  inGradients('swapped operands', 'mul', 'mul', ([da, db], { inputs: [a, b] }) =>
    String(a.shape) === String(b.shape) ? [db, da] : [da, db],
  ),
  inGradients('a gradient left out', 'div', 'div', ([da]) => [da, null]),
  inGradients('a detached output', 'tanh', 'tanh', (_, { outputs: [y], cotangents: [c] }) => [
    g.mul(c, g.sub(1, g.square(g.stopGradient(y)))),
  ]),
  inGradients('a detached input', 'sin', 'sin', (_, { inputs: [x], cotangents: [c] }) => [
    g.mul(c, g.cos(g.stopGradient(x))),
  ]),
  inGradients('a detached cotangent', 'square', 'square', (_, { inputs: [x], cotangents: [c] }) => [
    g.mul(g.stopGradient(c), g.mul(x, 2)),
  ]),
  inGradients('the same order of derivative again', 'digamma', 'digamma', (_, { inputs: [x], cotangents: [c] }) => [
    g.mul(c, g.digamma(x)),
  ]),
  inGradients('NaN at a base of 0', 'pow', 'pow', ([da], { inputs: [a], outputs: [y], cotangents: [c] }) => [
    da,
    g.mul(c, g.mul(y, g.log(a))),
  ]),
  inGradients('a constant that is not one', 'stopGradient', 'stopGradient', (_, { cotangents: [c] }) => [c]),
  inGradients('a gradient between floats left out', 'cast', 'cast', () => [null]),
  inGradients('a gradient outside of the bounds', 'clip', 'clip', (_, { cotangents: [c] }) => [c]),
  inGradients('a bound that counts as outside', 'clip', 'clip', ([d], { inputs: [x], outputs: [y] }) => [
    g.where(g.equal(g.abs(x), 1), 0, g.where(g.equal(x, y), d!, 0)),
  ]),
  inGradients('swapped branches of the gradient', 'where', 'where', ([, a, b]) => [null, b, a]),
  inGradients('ties that all take the whole gradient', 'max', 'max', ([d]) => [g.mul(d!, 2)]),
  inGradients('ties where the first takes all', 'maximum', 'maximum', (_, { inputs: [a, b], cotangents: [c] }) => [
    g.where(g.less(a, b), 0, c),
    g.where(g.less(a, b), c, 0),
  ]),
  inGradients('y / x at zeros', 'prod', 'prod', ([d], { inputs: [x], outputs: [y], cotangents: [c] }) =>
    x.rank === 1 && !y.rank ? [g.mul(c, g.div(y, x))] : [d],
  ),
  inGradients('a permutation that is not inverted', 'transpose', 'transpose', (_, { cotangents: [c], attrs }) => [
    g.transpose(c, (attrs as { axes: number[] }).axes),
  ]),
  inGradients('a slice off by one', 'slice', 'slice', ([d]) => [g.roll(d!, 1)]),
  inGradients('parts in the wrong order', 'concat', 'concat', (parts) => {
    const twin = parts.findIndex((p, i) => parts.some((q, j) => j > i && String(p!.shape) === String(q!.shape)))
    return parts.map((p, i) => (i === twin ? g.neg(p!) : p))
  }),
  inGradients('a missing sum over what was broadcast', 'matmul', 'matmul', (_, { inputs: [a, b], cotangents: [c] }) => {
    const swap = (x: Tensor): Tensor =>
      g.transpose(
        x,
        x.shape.map((__, i) => (i === x.rank - 1 ? i - 1 : i === x.rank - 2 ? i + 1 : i)),
      )
    return [g.matmul(c, swap(b)), g.matmul(swap(a), c)]
  }),
  inGradients(
    'the first of what was broadcast, not its sum',
    'broadcastTo',
    'broadcastTo',
    ([d], { inputs: [x], cotangents: [c] }) => [
      c.rank > x.rank
        ? g.reshape(
            g.slice(c, [
              ...c.shape.slice(0, c.rank - x.rank).map(() => 0),
              ...x.shape.map((n, i) => (n === c.shape[c.rank - x.rank + i] ? null : ([0, 1] as const))),
            ]),
            x.shape,
          )
        : d!,
    ],
  ),
  inGradients('a shift that is not turned around', 'roll', 'roll', (_, { cotangents: [c], attrs }) => {
    const { shift, axis } = attrs as { shift: number; axis: number | null }
    return [g.roll(c, shift, axis ?? undefined)]
  }),
  inGradients('a scan that is not turned around', 'cumsum', 'cumsum', (_, { cotangents: [c], attrs }) => [
    g.cumsum(c, attrs),
  ]),
  inGradients('a mean that stays in', 'variance', 'variance', ([d], { inputs: [x], outputs: [y] }) => [
    y.rank || x.rank < 2 ? d : g.add(d!, g.mul(x, 1e-4)),
  ]),
  inGradients('updates without a gradient', 'scatterAdd', 'scatterAdd', ([d]) => [d, null, null]),

  {
    name: 'swapped values',
    sampled: 'where',
    op: 'where',
    change: () => ({ form: mapForm(([c, a, b]: readonly Scalar[]) => c.select(b, a)) }),
  },
  {
    name: 'the sign of the dividend',
    sampled: 'remainder',
    op: 'remainder',
    change: () => ({
      form: mapForm(([a, b]: readonly Scalar[]) => a.sub(a.div(b).sign().mul(a.div(b).abs().floor()).mul(b))),
    }),
  },
  {
    name: 'halves that go up',
    sampled: 'round',
    op: 'round',
    change: () => ({ form: mapForm(([x]: readonly Scalar[]) => x.add(0.5).floor()) }),
  },
  {
    name: 'NaN that loses to a number',
    sampled: 'maximum',
    op: 'maximum',
    change: () => ({ form: mapForm(([a, b]: readonly Scalar[]) => a.lt(b).select(b, a)) }),
  },
  {
    name: 'an overflow on the way',
    sampled: 'hypot',
    op: 'hypot',
    change: () => ({ form: mapForm(([a, b]: readonly Scalar[]) => a.mul(a).add(b.mul(b)).sqrt()) }),
  },
  {
    name: 'cancellation for small x',
    sampled: 'expm1',
    op: 'expm1',
    change: () => ({ form: mapForm(([x]: readonly Scalar[]) => x.exp().sub(1)) }),
  },
  {
    name: 'less for less or equal',
    sampled: 'lessEqual',
    op: 'lessEqual',
    change: () => ({ form: mapForm(([a, b]: readonly Scalar[]) => a.lt(b)) }),
  },
  {
    name: 'the wrong axis',
    sampled: 'flip',
    op: 'flip',
    change: (op) => ({
      form: {
        kind: 'view',
        view: (x, attrs, y) =>
          viewOf(op)(
            x,
            { axes: (attrs as { axes: number[] }).axes.map((a) => flipped(a, x.shape.length)) } as never,
            y,
          ),
      },
    }),
  },
  {
    name: 'a slice that starts one late',
    sampled: 'slice',
    op: 'slice',
    change: (op) => ({
      form: {
        kind: 'view',
        view: (x, attrs, y) => {
          const view = viewOf(op)(x, attrs, y)
          return view === 'alias'
            ? view
            : view.map((v, i) => ({
                ...v,
                offset: Math.max(
                  0,
                  Math.min(x.shape[i] - 1, v.offset + 1) - (v.step > 0 ? v.step * (y.shape[i] - 1) : 0),
                ),
              }))
        },
      },
    }),
  },
  asDecomposition('the wrong scale', 'mean', 'mean', ([x], { axes }: { readonly axes: readonly number[] }) =>
    g.mul(g.sum(x, { axis: axes }), 1 / Math.max(1, g.sizeOf(x.shape))),
  ),
  asDecomposition(
    'a correction that is left out',
    'variance',
    'variance',
    ([x], { axes }: { readonly axes: readonly number[] }) => g.variance(x, { axis: axes }),
  ),
  asDecomposition(
    'overflow without its maximum',
    'logSumExp',
    'logSumExp',
    ([x], { axes }: { readonly axes: readonly number[] }) => g.log(g.sum(g.exp(x), { axis: axes })),
  ),
  asDecomposition('NaN that is passed over', 'max', 'max', ([x], { axes }: { readonly axes: readonly number[] }) =>
    g.max(g.where(g.isNaN(x), -Infinity, x), { axis: axes }),
  ),
  asDecomposition('the last of ties', 'argMax', 'argMax', ([x], { axes }: { readonly axes: readonly number[] }) =>
    axes.length === 1
      ? g.sub(x.shape[axes[0]] - 1, g.argMax(g.flip(x, axes), { axis: axes }))
      : g.argMax(x, { axis: axes }),
  ),
  asDecomposition(
    'a value that is left out',
    'pad',
    'pad',
    ([x], { widths }: { readonly widths: readonly (readonly [number, number])[] }) => g.pad(x, widths),
  ),
  asDecomposition('repeats in blocks', 'tile', 'tile', ([x], { repeats }: { readonly repeats: readonly number[] }) =>
    g.reshape(
      g.broadcastTo(
        g.expandDims(
          x,
          x.shape.map((_, i) => 2 * i + 1),
        ),
        x.shape.flatMap((n, i) => [n, repeats[i]]),
      ),
      x.shape.map((n, i) => n * repeats[i]),
    ),
  ),
  asDecomposition('the other triangle', 'triu', 'triu', ([x], { k }: { readonly k: number }) => g.tril(x, k)),
]
