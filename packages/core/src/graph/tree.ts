import type { HostArray } from '../host.ts'
import { isHostArray } from '../host.ts'
import { isLiteral } from '../dtype.ts'
import { DTypeError } from '../errors.ts'
import { Tensor } from './tensor.ts'

/** What a leaf of a structure may be. Arrays are structures, unlike elsewhere. */
export type Leaf = Tensor | number | boolean | ArrayBufferView | HostArray
/** Tensors in lists and records, nested at will; null and undefined hold none. */
export type Tree = Leaf | null | undefined | readonly Tree[] | { readonly [name: string]: Tree }
type AnyTraced = Tensor | null | undefined | readonly AnyTraced[] | { readonly [name: string]: AnyTraced }
/** The same structure with tensors as leaves: itself where they all are. */
export type Traced<T> = Tree extends T
  ? AnyTraced
  : T extends AnyTraced
    ? T
    : T extends Leaf
      ? Tensor
      : { -readonly [K in keyof T]: Traced<T[K]> }

/** Structures within structures: what holds itself has no end. */
const MAX_DEPTH = 512

const isLeaf = (x: Tree): x is Leaf => x instanceof Tensor || isLiteral(x) || ArrayBuffer.isView(x) || isHostArray(x)

/** The leaves in order, each with its path, such as `carry.h`.
 * @throws DTypeError for what is neither a leaf nor a structure */
export function leavesOf(tree: Tree, path: string): [path: string, leaf: Leaf][] {
  const leaves: [string, Leaf][] = []
  const enter = (at: Tree, name: string, depth: number): void => {
    if (isLeaf(at)) return void leaves.push([name, at])
    if (depth > MAX_DEPTH) throw new DTypeError(`${name.slice(0, 40)}...: a structure that ends required`)
    if (typeof (at ?? {}) !== 'object')
      throw new DTypeError(`${name}: tensors in lists and records required, got a ${typeof at}`)
    if (Array.isArray(at)) at.forEach((x: Tree, i) => enter(x, `${name}[${i}]`, depth + 1))
    else for (const key of Object.keys(at ?? {})) enter((at as never)[key], `${name}.${key}`, depth + 1)
  }
  enter(tree, path, 0)
  return leaves
}

/** The paths of leaves, for messages. */
export const pathsOf = (leaves: readonly (readonly [path: string, leaf: Leaf])[]): string =>
  leaves.map(([path]) => path).join(', ') || 'none'

/** The structure of `tree` with other leaves, which are taken from the front of the list. */
export function filledWith(tree: Tree, leaves: Tensor[]): unknown {
  return isLeaf(tree)
    ? leaves.shift()
    : Array.isArray(tree)
      ? tree.map((x: Tree) => filledWith(x, leaves))
      : tree && Object.fromEntries(Object.entries(tree).map(([name, x]) => [name, filledWith(x as Tree, leaves)]))
}
