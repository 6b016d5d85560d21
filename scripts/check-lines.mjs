// How lines are written: a declaration binds one name, and no line of a package's sources is wider than 120 columns.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { root } from './run.mjs'

const WIDTH = 120

/**
 * What is wrong with the lines of a source file, one line each.
 * @param {string} file path from the root
 * @param {string} source
 * @returns {string[]}
 */
export function checkSource(file, source) {
  const wide = source
    .split('\n')
    .flatMap((line, i) => (line.length > WIDTH ? [`${i + 1}: wider than ${WIDTH} columns`] : []))
  const { program } = parseSync(file, source)
  /** @type {Set<unknown>} */
  const headers = new Set()
  /** @type {string[]} */
  const several = []
  new Visitor({
    ForStatement: ({ init }) => void headers.add(init),
    VariableDeclaration: (node) => {
      if (node.declarations.length < 2 || headers.has(node)) return
      const line = source.slice(0, node.start).split('\n').length
      several.push(`${line}: a declaration binds one name`)
    },
  }).visit(program)
  return [...wide, ...several].map((problem) => `${file}:${problem}`)
}

/** Checks the sources of every package and app. @returns {string[]} */
export function checkLines() {
  return globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}'], { cwd: root }).flatMap((file) =>
    checkSource(file, readFileSync(path.join(root, file), 'utf8')),
  )
}
