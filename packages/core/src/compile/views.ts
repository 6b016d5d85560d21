import type { Form, View } from '../graph/form.ts'
import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import { createOwnMaps, linear, moving, through, type IndexMap } from './indexMap.ts'
import type { Shape } from '../shape.ts'

/** What the compiler does with a value: as its form says, but that a view can be an index map or another name. */
export type Kind = Exclude<Form<unknown>['kind'], 'literal' | 'index'> | 'alias'

/** Where a value lies: the stored value behind its views, and how to step through that. */
export interface Strided {
  readonly base: Tensor
  /** The axes that move. */
  readonly axes: readonly number[]
  readonly offset: number
  /** By moving axis. */
  readonly strides: readonly number[]
}

/** Looks through views; each is asked for its map once. */
export interface Views {
  /** The map of a tensor of this shape over its own moving axes. */
  own(shape: Shape): IndexMap
  kindOf(t: Tensor): Kind
  /** The value behind views, up to one that is `stored`, and the map to it. */
  resolve(t: Tensor, map: IndexMap, rank: number, stored?: ReadonlySet<Tensor>): { base: Tensor; map: IndexMap }
  strided(t: Tensor, stored?: ReadonlySet<Tensor>): Strided
  /** The value behind all views. */
  baseOf(t: Tensor): Tensor
}

export function createViews(): Views {
  const known = new Map<Tensor, View | 'alias'>()
  const own = createOwnMaps()
  const viewOf = (t: Tensor): View | 'alias' | null => {
    const { op, inputs, attrs } = t.node
    const { form } = op
    if (form.kind !== 'view') return null
    return getOrInsert(known, t, () => form.view(inputs[0], attrs, t))
  }
  const mapOf = (t: Tensor): View | null => {
    const view = viewOf(t)
    return view === 'alias' ? null : view
  }
  const resolve: Views['resolve'] = (t, map, rank, stored) => {
    for (;;) {
      const view = mapOf(t)
      if (!view || stored?.has(t)) return { base: t, map }
      map = through(map, view, rank)
      t = t.node.inputs[0]
    }
  }
  return {
    own,
    resolve,
    kindOf(t) {
      const { kind } = t.node.op.form
      if (kind === 'literal' || kind === 'index') return 'map'
      return viewOf(t) === 'alias' ? 'alias' : kind
    },
    strided(t, stored) {
      const axes = moving(t.shape)
      const { base, map } = resolve(t, own(t.shape), axes.length, stored)
      return { base, axes, ...linear(map, base.shape, axes.length) }
    },
    baseOf(t) {
      while (mapOf(t)) t = t.node.inputs[0]
      return t
    },
  }
}
