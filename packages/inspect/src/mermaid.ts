import type { Explanation } from './explain.ts'
import { checkExplanation } from './check.ts'
import { groupedBy } from './facts.ts'
import { bytesText } from './text.ts'

/** Text between quotes of Mermaid: what could end it, or be markup, goes as an entity; it
 * cannot be empty. */
const quoted = (text: string): string =>
  `"${(text || ' ').replaceAll(/[^\w ./:,()+\-[\]?]/gu, (c) => `#${c.codePointAt(0)};`)}"`

/** The plan as a Mermaid flowchart: a box for each scope, values on their way as arrows with their bytes.
 * @param explanation as `explain` gives it, or from its JSON @throws SettingError for what is none */
export function mermaid(explanation: Explanation): string {
  checkExplanation('mermaid', explanation)
  const { steps, inputs, outputs, edges } = explanation
  const lines = ['flowchart TD']
  inputs.forEach((x, i) => lines.push(`  i${i}(${quoted(x.name || x.kind)})`))
  outputs.forEach((x, i) => lines.push(`  o${i}([${quoted(x.name)}])`))
  let boxes = 0
  for (const [scope, group] of groupedBy(steps, (s) => s.scope)) {
    const nodes = group.map(({ step, ops, part }) => `s${step}[${quoted(`${ops.join(' + ')} (${part})`)}]`)
    if (scope) lines.push(`  subgraph scope${boxes++}[${quoted(scope)}]`, ...nodes.map((n) => `    ${n}`), '  end')
    else lines.push(...nodes.map((n) => `  ${n}`))
  }
  for (const { from, to, bytes } of edges) lines.push(`  ${from} -->|${quoted(bytesText(bytes))}| ${to}`)
  return lines.join('\n')
}
