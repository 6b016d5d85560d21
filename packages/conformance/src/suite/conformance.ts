import { createRuntime, type Backend, type Runtime } from '@gradloom/core'
import type { Precision } from '../compare.ts'
import { reference } from '../reference/reference.ts'
import { samples as coreSamples } from '../samples/index.ts'
import type { Sample } from '../samples/sample.ts'
import { checkStated, compareSample } from './check.ts'
import { contract } from './contract.ts'
import { evaluateSample, type Evaluation } from './evaluate.ts'

/** The part of a test runner that the suite uses: vitest, jest, mocha and node:test have it. */
export interface TestRunner {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
}

export interface ConformanceOptions {
  /** Samples to run, core's by default. */
  readonly samples?: readonly Sample[]
  /** Takes a line a precision on what ran, and one for each exclusion. */
  readonly log?: (line: string) => void
}

/** What a run did. It fills while tests run, and is complete after the last. */
export interface ConformanceReport {
  readonly backend: string
  /** Ops that were compared at least once, by precision. */
  readonly ops: ReadonlyMap<Precision, ReadonlySet<string>>
  /** Comparisons that ran. */
  readonly checks: number
  /** What did not run, and the declared capability that excuses it. */
  readonly excluded: readonly { readonly what: string; readonly reason: string }[]
}

const PRECISIONS: readonly Precision[] = ['float64', 'float32', 'float16']

/** Tests a backend: values, gradients and second derivatives of every sample against the reference backend in float64,
 * stated special values, and the contract of `Backend`. Only what `capabilities` does not declare is left out, and
 * reported.
 * @example conformance(() => myBackend(), { describe, it }) */
export function conformance(
  create: () => Backend,
  { describe, it }: TestRunner,
  { samples = coreSamples, log }: ConformanceOptions = {},
): ConformanceReport {
  const { name, capabilities } = create()
  const ops = new Map<Precision, Set<string>>()
  const excluded: { what: string; reason: string }[] = []
  const report = { backend: name, ops, checks: 0, excluded }
  const missing = reference().capabilities.kernels.filter((kernel) => !capabilities.kernels.includes(kernel))
  const byOp = new Map<string, Sample[]>()
  for (const s of samples) byOp.set(s.op, [...(byOp.get(s.op) ?? []), s])

  const runtimes = new Map<string, Runtime>()
  const runtimeOf = (key: string, make: () => Backend): Runtime => {
    const runtime = runtimes.get(key) ?? createRuntime({ backends: [make()] })
    runtimes.set(key, runtime)
    return runtime
  }
  const oracles = new Map<Sample, Promise<Evaluation>>()
  /** In float64; in float16, where a result says little of what it would be with more bits, step by step as it. */
  const oracleOf = (sample: Sample, precision: Precision): Promise<Evaluation> => {
    if (precision === 'float16') return evaluateSample(sample, runtimeOf('oracle', reference), precision)
    const known = oracles.get(sample) ?? evaluateSample(sample, runtimeOf('oracle', reference), 'float64')
    oracles.set(sample, known)
    return known
  }
  /** A kernel that the backend does not declare excuses a sample that needs it. */
  const excused = (wrong: readonly string[], what: string): boolean => {
    const kernel = missing.find((k) => wrong.length > 0 && wrong.every((line) => line.includes(`KernelError: ${k}:`)))
    if (kernel) excluded.push({ what, reason: `capabilities.kernels has no ${kernel}` })
    return kernel !== undefined
  }

  describe(`conformance of backend ${name}`, () => {
    for (const precision of PRECISIONS) {
      if (!capabilities.dtypes.includes(precision)) {
        excluded.push({ what: `every sample in ${precision}`, reason: `capabilities.dtypes has no ${precision}` })
        continue
      }
      const seen = new Set<string>()
      ops.set(precision, seen)
      for (const [op, list] of byOp) {
        it(`${op} in ${precision}`, async () => {
          const runtime = runtimeOf('tested', create)
          const found: string[] = []
          for (const s of list) {
            const wrong = [
              ...(await compareSample(s, runtime, oracleOf(s, precision), precision)),
              // They are stated with more digits, and over a wider range, than float16 has.
              ...(precision === 'float16' ? [] : await checkStated(s, runtime, precision)),
            ]
            if (excused(wrong, `${s.op}: ${s.name} in ${precision}`)) continue
            report.checks++
            seen.add(op)
            found.push(...wrong)
          }
          if (found.length) throw new Error(found.join('\n'))
        })
      }
    }
    for (const [title, body] of Object.entries(contract)) it(title, () => body(create))
    it('ran every sample that its capabilities allow', async () => {
      const wanted = PRECISIONS.filter((p) => capabilities.dtypes.includes(p)).length * samples.length
      const left = excluded.filter(({ what }) => !what.startsWith('every')).length
      await Promise.all([...runtimes.values()].map((runtime) => runtime.close()))
      for (const [precision, seen] of ops) log?.(`${name} in ${precision}: ${seen.size} ops of ${byOp.size}`)
      for (const { what, reason } of excluded) log?.(`${name}: left out ${what}: ${reason}`)
      log?.(`${name}: ${report.checks} samples compared, ${excluded.length} exclusions`)
      if (report.checks + left !== wanted)
        throw new Error(`${wanted} samples required, got ${report.checks} run and ${left} excluded`)
    })
  })
  return report
}
