import { readFileSync } from 'node:fs'
import { createRuntime } from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'
import { afterAll, describe, expect, it } from 'vitest'
import { createBackend, loadFunctions } from '../src/cli/packages.ts'
import { parseOracles, type OracleCase } from '../src/oracles/format.ts'
import { everything, recomputedKernels } from '../src/oracles/recomputation.ts'
import { runCase } from '../src/oracles/run.ts'

/** Areas whose every case must run; of the others, those whose functions exist. */
const COMPLETE = ['elementwise', 'reduce', 'movement', 'contraction', 'schedules']
const GROWING = ['nn', 'programs', 'fuzz', 'linalg', 'optim']
const TARGETS = [
  ['reference', 'float64'],
  ['cpu', 'float64'],
  ['cpu', 'float32'],
] as const

const { functions, optimizers, plugins } = await loadFunctions()
const sourceOf = (c: OracleCase): string =>
  'expr' in c ? c.expr : 'optimizer' in c ? `${c.optimizer} ${c.loss}` : c.schedule
const missing = (c: OracleCase): string[] =>
  [...sourceOf(c).matchAll(/(?<![.\w])([a-z]\w*)\(/gi)]
    .map((m) => m[1])
    .filter((name) => !(name in functions) && !(name in optimizers))
const casesOf = (area: string): readonly OracleCase[] =>
  parseOracles(readFileSync(new URL(`../oracles/${area}.json`, import.meta.url), 'utf8')).cases

/** The areas that can run; titles tell how many cases, and what the rest waits for. */
const areas = [...COMPLETE, ...GROWING].flatMap((area) => {
  const cases = casesOf(area)
  const ready = GROWING.includes(area) ? cases.filter((c) => !missing(c).length) : cases
  const waiting = [...new Set(cases.filter((c) => !ready.includes(c)).flatMap(missing))].sort()
  const title = `${area}: ${ready.length} of ${cases.length} cases${waiting.length ? `; the others wait for ${waiting.join(', ')}` : ''}`
  return ready.length ? [{ area, ready, title }] : []
})

describe.each(TARGETS)('golden values on %s in %s', async (backend, precision) => {
  const runtime = createRuntime({ backends: [await createBackend(backend)], plugins })
  afterAll(() => runtime.close())
  it.each(areas)('$title', async ({ area, ready }) => {
    const wrong: string[] = []
    for (const c of ready) {
      const { name, failures } = await runCase(c, {
        runtime,
        functions,
        optimizers,
        precision,
        decompositions: area === 'linalg',
      })
      wrong.push(...failures.map((f) => `${name}: ${f}`))
    }
    expect(wrong).toEqual([])
  })
})

/** Of each area, every so many cases; `pnpm oracles --rematerialise` runs them all. */
const EVERY = 5

describe.each(TARGETS)('golden gradients of what is computed again, on %s in %s', async (backend, precision) => {
  const runtime = createRuntime({ backends: [await createBackend(backend)], plugins })
  afterAll(() => runtime.close())
  it.each(areas.filter(({ area }) => ['nn', 'programs', 'fuzz', 'optim'].includes(area)))(
    '$area: every fifth case',
    async ({ area, ready }) => {
      const { onPlan } = ambient
      const wrong: string[] = []
      let again = 0
      ambient.onPlan = (plan, limits) => {
        onPlan?.(plan, limits)
        again += recomputedKernels(plan)
      }
      try {
        for (const c of ready.filter((_, i) => i % EVERY === 0)) {
          const { name, failures } = await runCase(c, {
            runtime,
            functions,
            optimizers,
            precision,
            decompositions: false,
            rematerialise: everything,
          })
          wrong.push(...failures.map((f) => `${name}: ${f}`))
        }
      } finally {
        ambient.onPlan = onPlan
      }
      expect(wrong).toEqual([])
      expect(again, `kernels of ${area} that compute again`).toBeGreaterThan(0)
    },
  )
})
