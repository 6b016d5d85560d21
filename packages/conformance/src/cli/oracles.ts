// pnpm oracles [--dir DIR] [--backend reference|cpu|webgpu] [--dtype float64|float32] [--filter TEXT] [--no-fusion]
//   [--rematerialise]
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRuntime } from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'
import type { Precision } from '../compare.ts'
import { parseOracles } from '../oracles/format.ts'
import { everything, recomputedKernels } from '../oracles/recomputation.ts'
import { runCase } from '../oracles/run.ts'
import { createBackend, loadFunctions } from './packages.ts'

const USAGE =
  'oracles [--dir DIR] [--backend reference|cpu|webgpu] [--dtype float64|float32] [--filter TEXT] [--no-fusion] ' +
  '[--rematerialise]'

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Runs golden files and prints what fails. @returns whether everything passed */
async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      backend: { type: 'string', default: 'cpu' },
      dtype: { type: 'string', default: 'float64' },
      filter: { type: 'string', default: '' },
      'no-fusion': { type: 'boolean', default: false },
      rematerialise: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    print(USAGE)
    return true
  }
  if (values.dtype !== 'float64' && values.dtype !== 'float32')
    throw new RangeError(`oracles: --dtype float64 or float32 required, got ${values.dtype}`)
  const precision: Precision = values.dtype
  const directory = values.dir ?? path.join(path.dirname(fileURLToPath(import.meta.url)), '../../oracles')
  const { functions, optimizers, plugins } = await loadFunctions()
  const backend = await createBackend(values.backend)
  const { capabilities } = backend
  const first = values['no-fusion'] ? { ...backend, capabilities: { ...capabilities, fuse: false } } : backend
  // Kernels that webgpu lacks run on the cpu.
  const others = values.backend === 'webgpu' ? [await createBackend('cpu')] : []
  const runtime = createRuntime({
    backends: [first, ...others],
    plugins,
  })
  let again = 0
  ambient.onPlan = (plan) => {
    again += recomputedKernels(plan)
  }
  let passed = 0
  let failed = 0
  try {
    for (const file of readdirSync(directory)
      .filter((f) => f.endsWith('.json'))
      .sort()) {
      const { cases } = parseOracles(readFileSync(path.join(directory, file), 'utf8'))
      const area = file.slice(0, -'.json'.length)
      const chosen = cases.filter((c) => `${area}: ${c.name}`.includes(values.filter))
      const lines: string[] = []
      for (const c of chosen) {
        const { name, failures } = await runCase(c, {
          runtime,
          functions,
          optimizers,
          precision,
          decompositions: area === 'linalg',
          rematerialise: values.rematerialise ? everything : undefined,
        })
        if (failures.length) lines.push(...failures.map((f) => `  ${name}: ${f}`))
        if (failures.length) failed++
        else passed++
      }
      const bad = new Set(lines.map((l) => l.split(': ')[0])).size
      if (chosen.length) print([`${area}: ${chosen.length} cases${bad ? '' : ', all pass'}`, ...lines].join('\n'))
    }
  } finally {
    ambient.onPlan = null
    await runtime.close()
  }
  const recomputed = values.rematerialise ? `; ${again} kernels computed values again` : ''
  print(`${passed} passed, ${failed} failed${recomputed}`)
  return failed === 0 && passed > 0
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`)
  process.exitCode = 2
}
