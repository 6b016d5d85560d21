// Counts of the last test run, from the reports of vitest and Playwright.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { root } from './run.mjs'

export const reportFile = path.join(root, '.vitest-report.json')
export const againFile = path.join(root, '.vitest-report-again.json')
export const pageReportFile = path.join(root, 'apps', 'playground', 'e2e', 'results', 'report.json')

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ name: string, status: string, message: string, assertionResults: { status: string, fullName: string,
 * failureMessages: string[] }[] }} TestFile */

/** @returns {{ testResults: TestFile[] }} */
const readFile = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8'))

/**
 * The files whose process ended before their tests did.
 * @returns {string[]}
 */
export function unfinished() {
  const { testResults } = existsSync(reportFile) ? readFile(reportFile) : { testResults: [] }
  return testResults.filter(isUnfinished).map((file) => file.name)
}

/** @param {TestFile} file */
const isUnfinished = ({ status, assertionResults: tests }) =>
  tests.some((test) => test.status === 'pending') || (status !== 'failed' && tests.length === 0)

/** Puts the results of files that were run again where those of their first run are. */
export function amend() {
  const again = readFile(againFile).testResults
  const report = readFile(reportFile)
  const testResults = report.testResults.map((file) => again.find((other) => other.name === file.name) ?? file)
  writeFileSync(reportFile, JSON.stringify({ ...report, testResults }))
}

/**
 * A file that cannot be loaded has no failed test, and neither has an unhandled error: each counts as one failure.
 * So does a run of no tests.
 * @param {number} status exit status of vitest
 * @returns {Counts}
 */
export function readReport(status) {
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skipped: 0 }
  const { testResults } = readFile(reportFile)
  const tests = testResults.flatMap((file) => file.assertionResults.map((test) => test.status))
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const passed = tests.filter((test) => test === 'passed').length
  const wrong = tests.filter((test) => test === 'failed').length
  const failed = wrong + broken
  const silent = failed === 0 && (status !== 0 || passed === 0) ? 1 : 0
  return { passed, failed: failed + silent, skipped: tests.length - passed - wrong }
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

/**
 * The failed tests of both reports by file and name, with the first line of what was wrong: a log that is cut keeps its
 * end.
 * @returns {string[]}
 */
export function failures() {
  const failed = []
  for (const file of existsSync(reportFile) ? readFile(reportFile).testResults : []) {
    const name = path.relative(root, file.name)
    const tests = file.assertionResults.filter((test) => test.status === 'failed')
    for (const test of tests) failed.push(told(name, test.fullName, test.failureMessages[0]))
    if (file.status === 'failed' && tests.length === 0) failed.push(told(name, 'cannot be loaded', file.message))
  }
  const page = existsSync(pageReportFile) ? JSON.parse(readFileSync(pageReportFile, 'utf8')) : { suites: [] }
  for (const spec of page.suites.flatMap(specsOf)) {
    for (const { status, results } of spec.tests) {
      if (status !== 'unexpected' && status !== 'flaky') continue
      failed.push(told(spec.file, `${spec.title} (${status})`, results[0]?.error?.message))
    }
  }
  return failed
}

/** @param {string} file @param {string} test @param {string | undefined} message */
const told = (file, test, message = '') =>
  `${file} > ${test}: ${stripVTControlCharacters(message).split('\n')[0]?.slice(0, 300)}`

/**
 * @typedef {{ title: string, file: string, tests: { status: string, results: { error?: { message: string } }[] }[] }}
 *   Spec
 * @param {{ specs?: Spec[], suites?: object[] }} suite
 * @returns {Spec[]}
 */
const specsOf = ({ specs = [], suites = [] }) => [...specs, ...suites.flatMap(specsOf)]

/** @param {Counts} a @param {Counts} b @returns {Counts} */
export const together = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})
