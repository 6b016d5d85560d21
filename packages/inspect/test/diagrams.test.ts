import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRuntime } from '@gradloom/core'
import { dot, explain, mermaid, type Explanation } from '../src/index.ts'
import { fusing, moves, randomProgram, smallStep } from './programs.ts'

const small = async (): Promise<Explanation> => {
  const rt = createRuntime({ backends: [fusing()] })
  const plan = await smallStep(rt).plan({ x: [[1, 2, 3]] })
  await rt.close()
  return explain(plan)
}

test('Mermaid has a box for a scope, and arrows with bytes', async () => {
  expect(mermaid(await small())).toMatchInlineSnapshot(`
    "flowchart TD
      i0("x")
      i1("layer/weight")
      o0(["output 0"])
      subgraph scope0["layer"]
        s0["matmul (forward)"]
        s1["tanh + mul + sum + div + mul (backward)"]
        s2["matmul (backward)"]
      end
      s3["sub (update)"]
      i0 -->|"12 B"| s0
      i1 -->|"24 B"| s0
      s0 -->|"8 B"| s1
      i0 -->|"12 B"| s2
      s1 -->|"8 B"| s2
      i1 -->|"24 B"| s3
      s2 -->|"24 B"| s3
      s1 -->|"4 B"| o0"
  `)
})

test('DOT has a cluster for a scope, and arrows with bytes', async () => {
  expect(dot(await small())).toMatchInlineSnapshot(`
    "digraph plan {
      node [shape=box]
      i0 [shape=ellipse, label="x"]
      i1 [shape=ellipse, label="layer/weight"]
      o0 [shape=ellipse, label="output 0"]
      subgraph cluster_0 {
        label="layer"
        s0 [label="matmul (forward)"]
        s1 [label="tanh + mul + sum + div + mul (backward)"]
        s2 [label="matmul (backward)"]
      }
      s3 [label="sub (update)"]
      i0 -> s0 [label="12 B"]
      i1 -> s0 [label="24 B"]
      s0 -> s1 [label="8 B"]
      i0 -> s2 [label="12 B"]
      s1 -> s2 [label="8 B"]
      i1 -> s3 [label="24 B"]
      s2 -> s3 [label="24 B"]
      s1 -> o0 [label="4 B"]
    }"
  `)
})

test('both are drawn from JSON too', async () => {
  const explanation = await small()
  const again = JSON.parse(JSON.stringify(explanation)) as Explanation
  expect([mermaid(again), dot(again)]).toEqual([mermaid(explanation), dot(explanation)])
})

/** Names that could end a text, begin another line, or be markup. */
const hostile = fc.oneof(
  fc.constantFrom(
    '"',
    '\\',
    '\\"',
    '"]; drop',
    ']-->x',
    '<script>alert(1)</script>',
    'a\nb',
    'a\r\nend',
    '%% comment',
    '#quot;',
    '`code`',
    '}',
    'end',
    '"|"',
    '\u2028',
    '😀',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const named = async (name: string): Promise<Explanation> => {
  const explanation = await small()
  const steps = explanation.steps.map((s) => ({ ...s, scope: name, ops: [name, 'add'] }))
  return {
    ...explanation,
    steps,
    inputs: explanation.inputs.map((x) => ({ ...x, name })),
    outputs: explanation.outputs.map((x) => ({ ...x, name })),
  }
}

test('no name of an op, scope, input or output leaves its place in Mermaid', async () => {
  const text = String.raw`"[^"\n\r]*"`
  const id = '[iso][0-9]+'
  const line = new RegExp(
    `^(flowchart TD|  i[0-9]+\\(${text}\\)|  o[0-9]+\\(\\[${text}\\]\\)|  subgraph scope[0-9]+\\[${text}\\]|  end` +
      `|  (?:  )?s[0-9]+\\[${text}\\]|  ${id} -->\\|${text}\\| ${id})$`,
  )
  const decoded = (quoted: string): string =>
    quoted.slice(1, -1).replaceAll(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
  await fc.assert(
    fc.asyncProperty(hostile, async (name) => {
      const lines = mermaid(await named(name)).split('\n')
      for (const one of lines) expect(one).toMatch(line)
      expect(lines.join('\n')).not.toMatch(/[<`]|%%/)
      const first = /"[^"]*"/.exec(lines[1])![0]
      expect(decoded(first)).toBe(name || 'feed')
    }),
    { numRuns: 100 },
  )
})

test('no name of an op, scope, input or output leaves its place in DOT', async () => {
  const text = String.raw`"(?:[^"\\\n\r]|\\[^\n\r])*"`
  const id = '[iso][0-9]+'
  const line = new RegExp(
    `^(digraph plan \\{|  node \\[shape=box\\]|\\}|  \\}|  ${id} \\[shape=ellipse, label=${text}\\]` +
      `|  subgraph cluster_[0-9]+ \\{|    label=${text}|  (?:  )?s[0-9]+ \\[label=${text}\\]` +
      `|  ${id} -> ${id} \\[label=${text}\\])$`,
  )
  const decoded = (quoted: string): string =>
    quoted.slice(1, -1).replaceAll(/\\(.)/gs, (_, c: string) => (c === 'n' ? '\n' : c))
  await fc.assert(
    fc.asyncProperty(hostile, async (name) => {
      const lines = dot(await named(name)).split('\n')
      for (const one of lines) expect(one).toMatch(line)
      const first = /label=("[^]*")\]$/.exec(lines[2])![1]
      expect(decoded(first)).toBe(name.replaceAll(/\r?\n|\r/g, '\n').replaceAll('\0', '') || (name ? '' : 'feed'))
    }),
    { numRuns: 100 },
  )
})

test('every step, input and output of a program is drawn once', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (list) => {
      const explanation = explain(await randomProgram(list, 4))
      const drawn = mermaid(explanation)
        .split('\n')
        .filter((l) => /^ +[iso]\d+[[(]/.test(l))
      const { steps, inputs, outputs } = explanation
      expect(drawn).toHaveLength(steps.length + inputs.length + outputs.length)
    }),
    { numRuns: 20 },
  )
})
