import type { Explanation } from './explain.ts'
import { checkExplanation } from './check.ts'
import { groupedBy } from './facts.ts'
import { bytesText } from './text.ts'

/** A quoted string of DOT: only the quote ends it, and a backslash begins an escape. */
const quoted = (text: string): string =>
  `"${text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll(/\r?\n|\r/g, '\\n')
    .replaceAll('\0', '')}"`

/** The plan in Graphviz's language: a cluster for each scope, values on their way as arrows with their bytes.
 * @param explanation as `explain` gives it, or from its JSON @throws SettingError for what is none
 * @see https://graphviz.org/doc/info/lang.html */
export function dot(explanation: Explanation): string {
  checkExplanation('dot', explanation)
  const { steps, inputs, outputs, edges } = explanation
  const lines = ['digraph plan {', '  node [shape=box]']
  inputs.forEach((x, i) => lines.push(`  i${i} [shape=ellipse, label=${quoted(x.name || x.kind)}]`))
  outputs.forEach((x, i) => lines.push(`  o${i} [shape=ellipse, label=${quoted(x.name)}]`))
  let clusters = 0
  for (const [scope, group] of groupedBy(steps, (s) => s.scope)) {
    const nodes = group.map(({ step, ops, part }) => `s${step} [label=${quoted(`${ops.join(' + ')} (${part})`)}]`)
    if (scope) {
      const inner = nodes.map((n) => `    ${n}`)
      lines.push(`  subgraph cluster_${clusters++} {`, `    label=${quoted(scope)}`, ...inner, '  }')
    } else lines.push(...nodes.map((n) => `  ${n}`))
  }
  for (const { from, to, bytes } of edges) lines.push(`  ${from} -> ${to} [label=${quoted(bytesText(bytes))}]`)
  return [...lines, '}'].join('\n')
}
