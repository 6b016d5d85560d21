import { cpu } from '@gradloom/backend-cpu'
import type { Backend } from '@gradloom/core'
import { describe, expect, it } from 'vitest'
import { conformance, reference, samples } from '../src/index.ts'

const report = conformance(() => cpu(), { describe, it })

/** A backend that declares neither float64 nor sorting. */
function limited(): Backend {
  const right = reference()
  const { capabilities } = right
  return {
    ...right,
    name: 'limited',
    capabilities: {
      ...capabilities,
      dtypes: capabilities.dtypes.filter((d) => d !== 'float64'),
      kernels: capabilities.kernels.filter((k) => !['argsort', 'sort', 'topK'].includes(k)),
    },
  }
}
const some = samples.filter(({ op }) => ['sort', 'exp', 'transpose', 'max', 'matmul'].includes(op))
const lines: string[] = []
const partial = conformance(limited, { describe, it }, { samples: some, log: (line) => lines.push(line) })

describe('the report of a conformance run', () => {
  it('cpu: every op ran in all precisions, nothing was excluded', () => {
    const all = new Set(samples.map((s) => s.op))
    expect([report.ops.get('float64'), report.ops.get('float32'), report.ops.get('float16')]).toEqual([all, all, all])
    expect(report.checks).toBe(3 * samples.length)
    expect(report.excluded).toEqual([])
  })

  it('names the capability that excuses what did not run', () => {
    const sorts = some.filter(({ op }) => op === 'sort')
    expect(partial.checks).toBe(2 * (some.length - sorts.length))
    expect(lines[0]).toBe('limited in float32: 4 ops of 5')
    expect(lines.at(-1)).toBe(`limited: ${partial.checks} samples compared, ${2 * sorts.length + 1} exclusions`)
    expect(partial.excluded).toEqual([
      { what: 'every sample in float64', reason: 'capabilities.dtypes has no float64' },
      ...['float32', 'float16'].flatMap((precision) =>
        sorts.map(({ name }) => ({
          what: `sort: ${name} in ${precision}`,
          reason: 'capabilities.kernels has no argsort',
        })),
      ),
    ])
  })
})
