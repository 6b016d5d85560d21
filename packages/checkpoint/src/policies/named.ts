import { NameError, type Policy, type Residual, SettingError, type Tensor } from '@gradloom/core'
import { shown } from '@gradloom/core/extend'
import { planning } from './planned.ts'
import { keepOnly } from './saveContractions.ts'

/** Saves what was built under scopes of these names, as `scope('attention', ...)` gives them, and leaves them; computes
 * the rest again. A name stands for itself wherever it occurs in a path, a path such as `block/attention` for itself.
 * @throws SettingError without a name; NameError, when a program is compiled, for a name that no scope has
 * @example env.compile(body, { rematerialise: saveNames('attention') }) */
export function saveNames(...names: readonly string[]): Policy {
  checkNames('saveNames', names)
  return planning(`saveNames ${JSON.stringify(names)}`, ({ values }) => {
    const inside = valuesNamed('saveNames', names, values)
    const leaving = new Set<Tensor>()
    for (const v of values) if (!inside.has(v.tensor)) for (const t of v.sources) if (inside.has(t)) leaving.add(t)
    const isSaved = ({ tensor, isRead }: Residual): boolean => inside.has(tensor) && (isRead || leaving.has(tensor))
    return keepOnly(values, new Set(values.filter(isSaved).map((v) => v.tensor)))
  })
}

/** Computes again what was built under scopes of these names; saves the rest. See {@link saveNames}.
 * @throws SettingError without a name; NameError, when a program is compiled, for a name that no scope has
 * @example env.compile(body, { rematerialise: recomputeNames('attention') }) */
export function recomputeNames(...names: readonly string[]): Policy {
  checkNames('recomputeNames', names)
  return planning(`recomputeNames ${JSON.stringify(names)}`, ({ values }) => {
    const inside = valuesNamed('recomputeNames', names, values)
    const read = values.filter((v) => v.isRead)
    return new Map(read.map(({ tensor }) => [tensor, inside.has(tensor) ? 1 : 0]))
  })
}

function checkNames(owner: string, names: readonly unknown[]): void {
  const isName = (name: unknown): boolean => typeof name === 'string' && name !== ''
  if (!names.length || !names.every(isName))
    throw new SettingError(`${owner}: names of scopes required, got ${names.map(shown).join(', ') || 'none'}`)
}

/** The values that were built under scopes of these names. */
function valuesNamed(owner: string, names: readonly string[], values: readonly Residual[]): ReadonlySet<Tensor> {
  const scopes = new Set(values.map((v) => v.origin.scope))
  const has = (scope: string, name: string): boolean => `/${scope}/`.includes(`/${name}/`)
  const unknown = names.find((name) => ![...scopes].some((scope) => has(scope, name)))
  if (unknown !== undefined) {
    const known = [...new Set([...scopes].flatMap((scope) => scope.split('/')))].filter(Boolean).sort()
    throw new NameError(
      `${owner}: no scope ${unknown}; there are ${known.join(', ') || 'none'}; name parts with scope(name, body)`,
    )
  }
  const isInside = ({ origin }: Residual): boolean => names.some((name) => has(origin.scope, name))
  return new Set(values.filter(isInside).map((v) => v.tensor))
}
