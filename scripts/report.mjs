// Counts of the last test run, from vitest's report.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './run.mjs'

export const reportFile = path.join(root, '.vitest-report.json')

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * A file that cannot be loaded has no failed test, and neither has an unhandled error: each counts as one failure.
 * So does a run of no tests.
 * @param {number} status exit status of vitest
 * @returns {Counts}
 */
export function readReport(status) {
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(readFileSync(reportFile, 'utf8'))
  const broken = report.testResults.filter(
    (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const passed = report.numPassedTests
  const failed = report.numFailedTests + broken
  const silent = failed === 0 && (status !== 0 || passed === 0) ? 1 : 0
  return { passed, failed: failed + silent, skipped: report.numPendingTests + report.numTodoTests }
}
