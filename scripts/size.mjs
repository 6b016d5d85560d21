// pnpm size: bundles each import set as a page would, and compares its weight with its budget.
// With --json FILE it writes the figures there; with --modules it lists what each set is made of.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { root } from './run.mjs'
import { sets } from './size-sets.mjs'

const entry = path.join(root, 'scripts', 'size-entry.mjs') // exists only while bundling

/** @param {string} input @param {string} source what the entry holds @param {readonly string[] | null} own packages
 * that count; null for all */
async function bundle(input, source, own) {
  const build = await rolldown({
    input,
    platform: 'browser',
    external: (name) =>
      name.startsWith('node:') || (own !== null && name.startsWith('@gradloom/') && !own.includes(name.split('/')[1])),
    resolve: { conditionNames: ['@gradloom/source', 'import', 'browser', 'default'] },
    plugins: [
      { name: 'entry', resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? source : null) },
    ],
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message)
    },
  })
  const { output } = await build.generate({ format: 'esm', minify: true, comments: { annotation: false } })
  await build.close()
  return output.flatMap((file) => (file.type === 'chunk' ? [file] : []))
}

/** Bytes as they travel: each file by itself. @param {string} code */
const gzipKbOf = (code) => gzipSync(code, { level: 9 }).length / 1000

/** The entry's chunk, those of the demanded modules, and what these import. @param {Awaited<ReturnType<typeof bundle>>}
 * chunks @param {readonly string[]} modules */
function loaded(chunks, modules) {
  const names = chunks
    .filter((c) => c.isEntry || modules.some((m) => c.facadeModuleId?.endsWith(m)))
    .map((c) => c.fileName)
  for (const name of names)
    for (const next of chunks.find((c) => c.fileName === name)?.imports ?? [])
      if (!names.includes(next)) names.push(next)
  return chunks.filter((c) => names.includes(c.fileName))
}

/** @param {(typeof sets)[number]} set */
async function measure({ source, own, loads, script }) {
  const all = await bundle(entry, source, own)
  const counted = loads ? loaded(all, loads) : all
  const chunks = script ? [...counted, ...(await bundle(path.join(root, script), '', null))] : counted
  const modules = chunks.flatMap((chunk) =>
    Object.entries(chunk.modules).map(([id, { renderedLength }]) => ({ id: path.relative(root, id), renderedLength })),
  )
  const sum = (/** @type {(code: string) => number} */ of) => chunks.reduce((total, { code }) => total + of(code), 0)
  return { rawKb: sum((code) => Buffer.byteLength(code)) / 1000, gzipKb: sum(gzipKbOf), modules }
}

const { values: flags } = parseArgs({ options: { json: { type: 'string' }, modules: { type: 'boolean' } } })
/** @type {(Awaited<ReturnType<typeof measure>> & { name: string, budgetKb: number, ceilingKb?: number, error?: string
 * })[]} */
const rows = []
for (const set of sets) {
  const { name, budgetKb, ceilingKb } = set
  try {
    rows.push({ name, budgetKb, ceilingKb, ...(await measure(set)) })
  } catch (error) {
    const lines = String(error)
      .split('\n')
      .filter((line) => line.trim() !== '')
    rows.push({ name, budgetKb, ceilingKb, rawKb: NaN, gzipKb: NaN, modules: [], error: lines.slice(0, 2).join(' ') })
  }
}

console.log(`${'import set'.padEnd(36)}${'raw kB'.padStart(9)}${'gz kB'.padStart(9)}${'budget'.padStart(9)}`)
for (const { name, rawKb, gzipKb, budgetKb, ceilingKb, modules, error } of rows) {
  const verdict = error
    ? `  FAILED: ${error}`
    : gzipKb > budgetKb
      ? `  OVER${ceilingKb ? `, ceiling ${ceilingKb}` : ''}`
      : ''
  console.log(
    name.padEnd(36) +
      rawKb.toFixed(1).padStart(9) +
      gzipKb.toFixed(2).padStart(9) +
      budgetKb.toFixed(0).padStart(9) +
      verdict,
  )
  if (flags.modules)
    for (const m of modules.toSorted((a, b) => b.renderedLength - a.renderedLength))
      console.log(`  ${String(m.renderedLength).padStart(7)} ${m.id}`)
}
if (flags.json)
  writeFileSync(
    flags.json,
    JSON.stringify(
      rows.map((row) => ({ ...row, modules: undefined })),
      null,
      2,
    ),
  )
process.exit(rows.every((row) => row.gzipKb <= (row.ceilingKb ?? row.budgetKb)) ? 0 : 1)
