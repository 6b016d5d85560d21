import type { Accumulator } from './accumulator.ts'

/** The running reductions of a workgroup's lanes as one. */
export interface Tree {
  /** Memory of the workgroup, as declarations. */
  readonly declarations: readonly string[]
  /** Statements after which every lane has what all lanes gathered. */
  readonly text: string
}

/** Lanes meet in pairs in the memory of the workgroup: a tree whose shape depends on nothing but their number. */
export function treeOf(accumulators: readonly Accumulator[], threads: number): Tree {
  const all = accumulators.flatMap((a) => a.state)
  const store = all.map(({ name }) => `w${name}[lane] = ${name};`).join(' ')
  const fetch = all.map(({ name }) => `let x${name} = w${name}[lane + step];`).join(' ')
  const combine = accumulators.map((a) => a.combine('x')).join(' ')
  const broadcast = all.map(({ name }) => `${name} = w${name}[0];`).join(' ')
  return {
    declarations: all.map(({ name, type }) => `var<workgroup> w${name}: array<${type}, ${threads}>;`),
    text: `${store}
workgroupBarrier();
for (var step = ${threads / 2}u; step > 0u; step = step >> 1u) {
if (lane < step) { ${fetch} ${combine} ${store} }
workgroupBarrier();
}
${broadcast}`,
  }
}
