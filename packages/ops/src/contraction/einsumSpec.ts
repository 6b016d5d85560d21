import { type Shape, ShapeError, show } from '@gradloom/core'
import { range, demand } from '@gradloom/core/extend'
/** A label for each axis of each input and of the output. Letters are their character codes, axes of an ellipsis -1, -2
 * ...
 * from its right end. */
export interface EinsumLabels {
  readonly inputs: readonly (readonly number[])[]
  readonly output: readonly number[]
}

/** Reads a specification such as 'bij,bjk->bik', '...ij->...ji' or 'ij,jk' for inputs of these shapes. @throws
 * ShapeError */
export function parseEinsum(spec: string, shapes: readonly Shape[]): EinsumLabels {
  const fail = (why: string): never => {
    throw new ShapeError(`einsum: ${why}, got '${spec}' for ${show(...shapes)}`)
  }
  const labelsOf = (term: string, dotsOf: (letters: number) => readonly number[]): number[] => {
    const match = /^([a-z]*)(\.\.\.)?([a-z]*)$/i.exec(term)
    if (!match) return fail(`letters and at most one '...' required in each term`)
    const [head, tail] = [match[1], match[3]].map((letters) => Array.from(letters, (c) => c.charCodeAt(0)))
    return [...head, ...(match[2] ? dotsOf(head.length + tail.length) : []), ...tail]
  }
  demand(typeof spec === 'string', 'einsum', 'a text', spec)
  const [left, right, ...rest] = spec.replace(/\s/g, '').split('->')
  const terms = left.split(',')
  if (rest.length || terms.length !== shapes.length)
    fail(`a term for each of ${shapes.length} inputs and at most one '->' required`)
  const inputs = terms.map((term, i) => {
    const rank = shapes[i].length
    const labels = labelsOf(term, (letters) =>
      range(Math.max(0, rank - letters))
        .reverse()
        .map((k) => -1 - k),
    )
    return labels.length === rank ? labels : fail(`a letter for each axis of input ${i} required`)
  })
  const every = inputs.flat().sort((a, b) => a - b)
  const unique = [...new Set(every)]
  const dots = unique.filter((l) => l < 0)
  if (right === undefined)
    return { inputs, output: [...dots, ...unique.filter((l) => l >= 0 && every.indexOf(l) === every.lastIndexOf(l))] }
  const output = labelsOf(right, () => dots)
  if (new Set(output).size !== output.length || !output.every((l) => unique.includes(l)))
    fail('letters of the output must differ and come from the inputs')
  return { inputs, output }
}
