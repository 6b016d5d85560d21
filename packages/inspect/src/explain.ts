import type { DType, Plan } from '@gradloom/core'
import { accessOf, nestedOf } from '@gradloom/core/extend'
import { apartOf } from './apart.ts'
import { checkPlan } from './check.ts'
import { edgesOf, type Edge } from './edges.ts'
import { explanationText } from './explainText.ts'
import { bytesOf, factsOf, groupedBy, type StepFacts } from './facts.ts'
import { flopsOf, totalFlops } from './flops.ts'
import { withText } from './text.ts'

/** A step, and what it takes. */
export interface ExplainedStep extends StepFacts {
  /** Scalar operations; null for a kernel of which nothing is known. */
  readonly flops: number | null
  /** Of the buffers that it reads, each as a whole and once. */
  readonly readBytes: number
  readonly writtenBytes: number
  /** Why it is a step of its own, and not part of one before it. */
  readonly apart: string
  /** The plans that it runs: a scan's, for one position, or those of a cond. */
  readonly inner: readonly Explanation[]
}

/** What steps take together. */
export interface Totals {
  readonly name: string
  readonly steps: number
  readonly flops: number
  /** Read and written. */
  readonly bytes: number
}

export interface ExplainedValue {
  readonly name: string
  readonly kind: 'feed' | 'variable' | 'value' | 'output'
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly bytes: number
}

/** A plan as plain data, for a page or a terminal: `String(it)` is a text, `mermaid(it)` and `dot(it)` are graphs, and
 * JSON or `structuredClone` keep all but the text. */
export interface Explanation {
  /** Scalar operations, without those that are unknown. */
  readonly flops: number
  /** Steps of which they are unknown. */
  readonly unknown: number
  /** The plan's memory besides inputs, at its peak. */
  readonly arenaBytes: number
  readonly inputs: readonly ExplainedValue[]
  readonly outputs: readonly ExplainedValue[]
  readonly steps: readonly ExplainedStep[]
  /** `forward`, `pack`, `backward`, `recompute`, by the last op of a kernel, and `update` where it sets variables. */
  readonly parts: readonly Totals[]
  /** By the scope that a step's first op was built in. */
  readonly scopes: readonly Totals[]
  readonly edges: readonly Edge[]
  /** A text: totals, and a table of the steps. */
  toString(): string
}

function totals(name: string, steps: readonly ExplainedStep[]): Totals {
  const bytes = steps.reduce((sum, s) => sum + s.readBytes + s.writtenBytes, 0)
  return { name, steps: steps.length, flops: totalFlops(steps.map((s) => s.flops)), bytes }
}
const totalsBy = (steps: readonly ExplainedStep[], keyOf: (step: ExplainedStep) => string): Totals[] =>
  [...groupedBy(steps, keyOf)].map(([name, group]) => totals(name, group))

/**
 * What a plan does: its steps in order, the ops that each kernel does and why it is a kernel of its own, the scope and
 * pass that they are of, scalar operations, and bytes. Operations are counted as the plan has them, so what a kernel
 * computes again is counted again; a multiplication with an addition is two.
 * @throws SettingError for what is no plan
 * @example console.log(String(explain(await step.plan(feeds))))
 */
export function explain(plan: Plan): Explanation {
  checkPlan('explain', plan)
  const edges = edgesOf(plan)
  const sum = (buffers: readonly number[]): number =>
    [...new Set(buffers)].reduce((bytes, b) => bytes + bytesOf(plan, b), 0)
  const edgesTo = groupedBy(edges, (e) => e.to)
  const steps = plan.steps.map((step, i): ExplainedStep => {
    const { reads, writes } = accessOf(step)
    const from = (edgesTo.get(`s${i}`) ?? []).map((e) => e.from)
    const sources = from.flatMap((id) => (id.startsWith('s') ? [Number(id.slice(1))] : []))
    return {
      ...factsOf(plan, i),
      flops: flopsOf(step),
      readBytes: sum(reads),
      writtenBytes: sum(writes),
      apart: apartOf(plan, i, sources),
      inner: nestedOf(step).map((n) => explain(n.plan)),
    }
  })
  const value = (kind: ExplainedValue['kind'], name: string, x: Plan['outputs'][number]): ExplainedValue => ({
    name,
    kind,
    dtype: x.dtype,
    shape: [...x.shape],
    bytes: bytesOf(plan, x.buffer),
  })
  const data = {
    flops: totalFlops(steps.map((s) => s.flops)),
    unknown: steps.filter((s) => s.flops === null).length,
    arenaBytes: plan.arenaBytes,
    inputs: plan.inputs.map((x) => value(x.kind, x.name, x)),
    outputs: plan.outputs.map((x, i) => value('output', `output ${i}`, x)),
    steps,
    parts: totalsBy(steps, (s) => s.part),
    scopes: totalsBy(steps, (s) => s.scope),
    edges,
  }
  return withText(data, explanationText)
}
