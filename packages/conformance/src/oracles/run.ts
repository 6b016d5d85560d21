import { runExpression, type OracleRun } from './expression.ts'
import type { OracleCase } from './format.ts'
import { runOptimizer, runSchedule } from './optimizer.ts'

export interface CaseResult {
  readonly name: string
  readonly failures: readonly string[]
}

/** Runs one case; an error counts as a failure. */
export async function runCase(c: OracleCase, run: OracleRun): Promise<CaseResult> {
  try {
    return {
      name: c.name,
      failures: await ('expr' in c
        ? runExpression(c, run)
        : 'optimizer' in c
          ? runOptimizer(c, run)
          : runSchedule(c, run)),
    }
  } catch (error) {
    return { name: c.name, failures: [error instanceof Error ? `${error.name}: ${error.message}` : String(error)] }
  }
}
