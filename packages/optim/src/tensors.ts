import {
  asTensor,
  DTypeError,
  NameError,
  sameShape,
  ShapeError,
  zerosLike,
  type Tensor,
  type TensorLike,
  type Traced,
  type Tree,
} from '@gradloom/core'
import { demandFunction, describe, filledWith, leavesOf, sameMeta } from '@gradloom/core/extend'

/** Tensors in lists and records, nested at will; null holds none. */
export type TensorTree = Traced<Tree>
export type Tensors = { readonly [name: string]: Tensor }

export const tensorsOf = (tree: Tree): Tensor[] => leavesOf(tree, '').map(([, leaf]) => asTensor(leaf as TensorLike))

/** The names of the tensors, in order: the key in a record, `layers[0].w` in structures that are nested. */
export const namesOf = (tree: Tree): string[] => leavesOf(tree, '').map(([path]) => nameOf(path))

type Leaves = ReturnType<typeof leavesOf>
const nameOf = (path: string): string => path.replace(/^\./, '')

/** The tensors of `given` in the order of `like`. @throws NameError where the structures differ */
export const aligned = (owner: string, given: Tree, like: Tree): Tensor[] =>
  inOrderOf(owner, leavesOf(given, ''), leavesOf(like, ''))

function inOrderOf(owner: string, given: Leaves, like: Leaves): Tensor[] {
  const inOrder = given.length === like.length && given.every(([path], i) => path === like[i][0])
  const got = new Map(inOrder ? [] : given)
  const found = inOrder ? given.map(([, leaf]) => leaf) : like.flatMap(([path]) => got.get(path) ?? [])
  const size = inOrder ? given.length : got.size
  if (found.length < like.length || size < like.length || given.length > like.length)
    throw new NameError(`${owner}: tensors [${listed(like)}] required, got [${listed(given)}]`)
  return found.map((leaf) => asTensor(leaf as TensorLike))
}

const listed = (leaves: Leaves): string => leaves.map(([path]) => nameOf(path)).join(', ')

/** @throws NameError, ShapeError or DTypeError where `given` has another structure, shape or dtype than `like` */
export function requireLike(owner: string, given: Tree, like: Tree): void {
  const leaves = leavesOf(like, '')
  inOrderOf(owner, leavesOf(given, ''), leaves).forEach((got, i) => {
    const [path, leaf] = leaves[i]
    const wanted = asTensor(leaf as TensorLike)
    if (sameMeta(got, wanted)) return
    const wrong = sameShape(got.shape, wanted.shape) ? DTypeError : ShapeError
    throw new wrong(`${owner}: ${describe(wanted)} required as ${nameOf(path)}, got ${describe(got)}`)
  })
}

/** @throws NameError where there is no parameter or two have one name */
export function requireParameters(names: readonly string[]): void {
  if (!names.length || new Set(names).size < names.length)
    throw new NameError(`optimizer: parameters of different names required, got [${names.join(', ')}]`)
}

/** `fn` of the tensors that have one place in each tree, in the structure of the first.
 * @throws NameError where the structures differ; SettingError where `fn` is no function */
export function mapTensors<T extends Tree>(
  fn: (...tensors: Tensor[]) => Tensor,
  first: T,
  ...rest: readonly Tree[]
): Traced<T> {
  demandFunction('mapTensors', fn, 'formula')
  const lists = rest.map((tree) => aligned('mapTensors', tree, first))
  const results = tensorsOf(first).map((t, i) => fn(t, ...lists.map((list) => list[i])))
  return filledWith(first, results) as Traced<T>
}

/** Zeros of the structure of `tree`. */
export const zerosIn = (tree: Tree): TensorTree => mapTensors(zerosLike, tree)
