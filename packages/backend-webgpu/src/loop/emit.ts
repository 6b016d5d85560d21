import { isFloat, roundTo, type DType, type Instruction } from '@gradloom/core'
import { given, literal } from '../wgsl/numbers.ts'
import { operation, type Value } from '../wgsl/operation.ts'
import type { ArrayAccess } from '../wgsl/shader.ts'
import { sum, times, unravel } from '../wgsl/text.ts'
import { accumulator, type Accumulator } from './accumulator.ts'
import type { Affine, Space, SpacePhase } from './space.ts'

/** The arrays of a loop kernel's reads and writes, in the order of the kernel. */
export interface LoopArrays {
  readonly reads: readonly ArrayAccess[]
  readonly writes: readonly ArrayAccess[]
}

/** The text of a loop kernel's parts. */
export interface LoopText {
  /** Statements that find the outer indices from `at`, an expression of type u32. `order`: that in which they count,
   * where it is not their own. */
  enter(at: string, order?: readonly number[]): string
  /** A phase's accumulators; those of the kernel are numbered through all phases. */
  accumulators(phase: number): readonly Accumulator[]
  /** What a phase does at one point, whose inner indices are variables. */
  body(phase: number): string
  /** Statements that give the phase's results their names. */
  results(phase: number): string
}

const outerName = (d: number): string => `o${d}`
export const innerName = (d: number): string => `n${d}`

const constant = (value: number, dtype: DType): string =>
  isFloat(dtype) ? given(roundTo(value, dtype)) : literal(value, dtype)

/** The sum of strides times indices, as terms. */
const terms = (strides: readonly number[], name: (d: number) => string): string[] =>
  strides.flatMap((s, d) => times(name(d), s))

export function loopText(space: Space, { reads, writes }: LoopArrays): LoopText {
  const { affines, phases, outer } = space
  const firsts: number[] = []
  let count = 0
  for (const { reduce } of phases) {
    firsts.push(count)
    count += reduce.length
  }
  const place = (a: number): string => [`a${a}`, ...terms(affines[a].inner, innerName)].join(' + ')
  const used = new Set(phases.flatMap((p) => [...p.affine.filter((a) => a >= 0), ...p.write.map((w) => w.affine)]))

  const instruction = (i: Instruction, at: number, phase: SpacePhase): string => {
    switch (i.op) {
      case 'read':
        return reads[(i as { readonly read: number }).read].get(place(phase.affine[at]))
      case 'index':
        return `(${place(phase.affine[at])})`
      case 'const':
        return constant((i as { readonly value: number }).value, i.dtype)
      case 'reduced':
        return `r${(i as { readonly value: number }).value}`
      default: {
        const { op, dtype, args } = i as Extract<Instruction, { readonly args: readonly number[] }>
        const values = args.map((k): Value => ({ text: `v${k}`, dtype: phase.code[k].dtype }))
        return operation(op, dtype, values)
      }
    }
  }
  const accumulators = phases.map((p, k) =>
    p.reduce.map(({ kind, value }, i) => accumulator(kind, p.code[value].dtype, `s${firsts[k] + i}`)),
  )
  return {
    enter: (at, order = outer.map((_, d) => d)) =>
      [
        unravel(
          at,
          order.map((d) => outer[d]),
          (d) => outerName(order[d]),
        ),
        ...[...used].map((a) => {
          const { offset, outer: strides } = affines[a]
          return `let a${a} = ${[`${offset}`, ...terms(strides, outerName)].join(' + ')};`
        }),
      ].join('\n'),
    accumulators: (k) => accumulators[k],
    body: (k) => {
      const phase = phases[k]
      const lines = phase.code.map((i, at) => `let v${at} = ${instruction(i, at, phase)};`)
      phase.reduce.forEach(({ value }, i) =>
        lines.push(accumulators[k][i].take(`v${value}`, positionOf(space.position))),
      )
      for (const { affine, value, write } of phase.write) lines.push(writes[write].set(place(affine), `v${value}`))
      return lines.join('\n')
    },
    results: (k) => accumulators[k].map(({ result }, i) => `let r${firsts[k] + i} = ${result};`).join('\n'),
  }
}

const positionOf = ({ inner }: Affine): string => sum(terms(inner, innerName))
