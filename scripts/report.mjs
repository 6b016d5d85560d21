// Counts of the last test run, from the reports of vitest and Playwright.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './run.mjs'

export const reportFile = path.join(root, '.vitest-report.json')
export const pageReportFile = path.join(root, 'apps', 'playground', 'e2e', 'results', 'report.json')

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

/**
 * @param {number} status exit status of Playwright
 * @returns {Counts}
 */
export function readPageReport(status) {
  if (!existsSync(pageReportFile)) return { passed: 0, failed: 1, skipped: 0 }
  const { expected, unexpected, flaky, skipped } = JSON.parse(readFileSync(pageReportFile, 'utf8')).stats
  const failed = unexpected + flaky
  const silent = failed === 0 && (status !== 0 || expected === 0) ? 1 : 0
  return { passed: expected, failed: failed + silent, skipped }
}

/** @param {Counts} a @param {Counts} b @returns {Counts} */
export const together = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})
