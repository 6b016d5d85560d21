import { readFileSync } from 'node:fs'
import { createRuntime } from '@gradloom/core'
import { afterAll, describe, expect, it } from 'vitest'
import { createBackend, loadFunctions } from '../src/cli/packages.ts'
import { parseOracles, type OracleCase } from '../src/oracles/format.ts'
import { runCase } from '../src/oracles/run.ts'

/** Areas whose every case must run; of the others, those whose functions exist. */
const COMPLETE = ['elementwise', 'reduce', 'movement', 'contraction', 'schedules']
const GROWING = ['nn', 'programs', 'fuzz', 'linalg', 'optim']
const TARGETS = [['reference', 'float64'], ['cpu', 'float64'], ['cpu', 'float32']] as const

const { functions, optimizers } = await loadFunctions()
const sourceOf = (c: OracleCase): string => ('expr' in c ? c.expr : 'optimizer' in c ? `${c.optimizer} ${c.loss}` : c.schedule)
const missing = (c: OracleCase): string[] =>
  [...sourceOf(c).matchAll(/(?<![.\w])([a-z]\w*)\(/gi)].map((m) => m[1]).filter((name) => !(name in functions) && !(name in optimizers))
const casesOf = (area: string): readonly OracleCase[] => parseOracles(readFileSync(new URL(`../oracles/${area}.json`, import.meta.url), 'utf8')).cases

for (const [backend, precision] of TARGETS) {
  describe(`golden values on ${backend} in ${precision}`, async () => {
    const target = await createBackend(backend).catch(() => null)
    if (!target) return it.todo(`waits for the ${backend} backend`)
    const runtime = createRuntime({ backends: [target] })
    afterAll(() => runtime.close())
    for (const area of [...COMPLETE, ...GROWING]) {
      const cases = casesOf(area), ready = GROWING.includes(area) ? cases.filter((c) => !missing(c).length) : cases
      if (ready.length) {
        it(`${area}: ${ready.length} of ${cases.length} cases`, async () => {
          const wrong: string[] = []
          for (const c of ready) {
            const { name, failures } = await runCase(c, { runtime, functions, optimizers, precision, decompositions: area === 'linalg' })
            wrong.push(...failures.map((f) => `${name}: ${f}`))
          }
          expect(wrong).toEqual([])
        })
      }
      const waiting = new Set(cases.filter((c) => !ready.includes(c)).flatMap(missing))
      if (waiting.size) it.todo(`${area}: ${cases.length - ready.length} cases wait for ${[...waiting].sort().join(', ')}`)
    }
  })
}
