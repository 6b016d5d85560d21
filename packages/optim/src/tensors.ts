import {
  asTensor,
  DTypeError,
  NameError,
  ShapeError,
  show,
  zerosLike,
  type Tensor,
  type TensorLike,
  type Traced,
  type Tree,
} from '@gradloom/core'
import { filledWith, leavesOf } from '@gradloom/core/extend'
import { checked } from './settings.ts'

/** Tensors in lists and records, nested at will; null holds none. */
export type TensorTree = Traced<Tree>
export type Tensors = { readonly [name: string]: Tensor }

export const tensorsOf = (tree: Tree): Tensor[] => leavesOf(tree, '').map(([, leaf]) => asTensor(leaf as TensorLike))

/** The names of the tensors, in order: the key in a record, `layers[0].w` in structures that are nested. */
export const namesOf = (tree: Tree): string[] => leavesOf(tree, '').map(([path]) => path.replace(/^\./, ''))

/** The tensors of `given` in the order of `like`. @throws NameError where the structures differ */
export function aligned(owner: string, given: Tree, like: Tree): Tensor[] {
  const tensors = tensorsOf(given)
  const got = new Map(namesOf(given).map((name, i) => [name, tensors[i]]))
  const wanted = namesOf(like)
  const found = wanted.flatMap((name) => got.get(name) ?? [])
  if (found.length < wanted.length || got.size < wanted.length || tensors.length > wanted.length)
    throw new NameError(`${owner}: tensors [${wanted.join(', ')}] required, got [${[...got.keys()].join(', ')}]`)
  return found
}

/** @throws NameError, ShapeError or DTypeError where `given` has another structure, shape or dtype than `like` */
export function requireLike(owner: string, given: Tree, like: Tree): void {
  const names = namesOf(like)
  const wanted = tensorsOf(like)
  aligned(owner, given, like).forEach(({ shape, dtype }, i) => {
    const size = show(wanted[i].shape)
    const wrong = show(shape) === size ? dtype !== wanted[i].dtype && DTypeError : ShapeError
    if (wrong)
      throw new wrong(`${owner}: ${wanted[i].dtype} ${size} required as ${names[i]}, got ${dtype} ${show(shape)}`)
  })
}

/** @throws NameError where there is no parameter or two have one name */
export function requireParameters(names: readonly string[]): void {
  if (!names.length || new Set(names).size < names.length)
    throw new NameError(`optimizer: parameters of different names required, got [${names.join(', ')}]`)
}

/** `fn` of the tensors that have one place in each tree, in the structure of the first.
 * @throws NameError where the structures differ; SettingError where `fn` is no function */
export function mapTensors(fn: (...tensors: Tensor[]) => Tensor, first: Tree, ...rest: readonly Tree[]): TensorTree {
  checked('mapTensors', { formula: fn })
  const lists = rest.map((tree) => aligned('mapTensors', tree, first))
  const results = tensorsOf(first).map((t, i) => fn(t, ...lists.map((list) => list[i])))
  return filledWith(first, results) as TensorTree
}

/** Zeros of the structure of `tree`. */
export const zerosIn = (tree: Tree): TensorTree => mapTensors(zerosLike, tree)
