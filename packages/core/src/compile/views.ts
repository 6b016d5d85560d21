import type { Form, View } from '../graph/form.ts'
import type { Numbering } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
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

type IsStored = (t: Tensor) => boolean

/** Looks through views; each is asked for its map once. */
export interface Views {
  /** The map of a tensor of this shape over its own moving axes. */
  own(shape: Shape): IndexMap
  kindOf(t: Tensor): Kind
  /** The value behind views, up to one that is stored, and the map to it. */
  resolve(t: Tensor, map: IndexMap, rank: number, isStored?: IsStored): { base: Tensor; map: IndexMap }
  strided(t: Tensor, isStored?: IsStored): Strided
  /** The value behind all views. */
  baseOf(t: Tensor): Tensor
}

export function createViews(numbers: Numbering): Views {
  const known = numbers.table<View | 'alias'>()
  const own = createOwnMaps()
  const viewOf = (t: Tensor): View | 'alias' | null => {
    const { op, inputs, attrs } = t.node
    const { form } = op
    if (form.kind !== 'view') return null
    let view = known.get(t)
    if (view === undefined) known.set(t, (view = form.view(inputs[0], attrs, t)))
    return view
  }
  const mapOf = (t: Tensor): View | null => {
    const view = viewOf(t)
    return view === 'alias' ? null : view
  }
  const resolve: Views['resolve'] = (t, map, rank, isStored) => {
    for (;;) {
      const view = mapOf(t)
      if (!view || isStored?.(t)) return { base: t, map }
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
      return kind === 'view' && viewOf(t) === 'alias' ? 'alias' : kind
    },
    strided(t, isStored) {
      const axes = moving(t.shape)
      const { base, map } = resolve(t, own(t.shape), axes.length, isStored)
      return { base, axes, ...linear(map, base.shape, axes.length) }
    },
    baseOf(t) {
      while (mapOf(t)) t = t.node.inputs[0]
      return t
    },
  }
}
