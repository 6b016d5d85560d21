import { Tensor, type Tree } from '@gradloom/core'

/** The names that the tensors of a state have in an environment and its files, in order: keys joined by `/`, positions
 * in lists left out. What has a name that is taken gets a number: `m/a~2`. A `step` that transformations share is one
 * variable, and that of all of them, where it is given, is `step` wherever it stands.
 * @example stateNames(adam().init({ w })) // ['step', 'm/w', 'v/w', 'learningRate'] */
export function stateNames(state: Tree, step?: Tensor): string[] {
  const uses = new Map<string, number>()
  const steps = new Map<Tensor, string>()
  const unique = (name: string): string => {
    const count = (uses.get(name) ?? 0) + 1
    uses.set(name, count)
    return count === 1 ? name : `${name}~${count}`
  }
  const nameOf = (t: Tensor, path: string): string => {
    if (!/(^|\/)step$/.test(path)) return unique(path || 'state')
    const name = steps.get(t) ?? unique(t === step ? 'step' : path)
    steps.set(t, name)
    return name
  }
  const walk = (tree: Tree, path: string): string[] => {
    if (tree instanceof Tensor) return [nameOf(tree, path)]
    if (Array.isArray(tree)) return (tree as readonly Tree[]).flatMap((x) => walk(x, path))
    return Object.entries(tree ?? {}).flatMap(([key, x]) => walk(x as Tree, path ? `${path}/${key}` : key))
  }
  return walk(state, '')
}
