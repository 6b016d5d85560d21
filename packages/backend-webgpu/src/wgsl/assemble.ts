import { KernelError } from '@gradloom/core'
import { ALIGNMENT, type KernelLimits } from '../device/limits.ts'
import type { Binding, Dispatch } from '../run/dispatch.ts'
import { accessorsOf, layoutOf, type Bound, type Layout } from './accessors.ts'
import type { Draft } from './draft.ts'
import type { Library } from './library.ts'
import { piecesOf, rangesOf, type Range } from './ranges.ts'

/** Kernels as one shader: one alone, or several that do not touch what another writes, one after another by the
 * numbers of their workgroups. Null where several cannot be one. @throws KernelError where one cannot be bound */
export function assembled(drafts: readonly Draft[], limits: KernelLimits, library: Library): Dispatch | null {
  const isAlone = drafts.length === 1
  const bound = isAlone ? drafts[0].bound : union(drafts)
  if (!bound) return null
  const most = limits.maxStorageBufferBindingSize
  const piece = most - (most % ALIGNMENT)
  const reports = drafts.some((d) => d.reports)
  const control = reports ? 'write' : drafts.some((d) => d.guards.length) ? 'read' : 'none'
  const room = limits.maxStorageBuffersPerShaderStage - (control === 'none' ? 0 : 1)
  // To bind neighbours as one is dearer than a kernel more.
  if (!isAlone && piecesOf(bound, piece) > room) return null
  const label = [...new Set(drafts.map((d) => d.label))].join(', ')
  const ranges = rangesOf(bound, room, piece)
  const pieces = piecesOf(new Set(ranges.values()), piece)
  if (pieces > room)
    throw new KernelError(
      `${label}: ${pieces} storage buffers required, the device binds ${room} at a time, of at most ${most} ` +
        `bytes; take smaller arrays, ask for larger limits, or use cpu() for this`,
    )
  const bindings: Binding[] = []
  const declared: string[] = []
  const layouts = new Map<Range, Layout>()
  for (const range of new Set(ranges.values())) {
    const { root, byteOffset, byteLength, isWritable } = range
    const members = bound.filter((b) => ranges.get(b) === range)
    const { type, ...words } = layoutOf(range, members, library.hasHalf)
    const names = Array.from({ length: Math.ceil(byteLength / piece) }, (_, i) => {
      const at = bindings.length
      const rest = Math.min(piece, byteLength - i * piece)
      bindings.push({ root, byteOffset: byteOffset + i * piece, byteLength: rest, isWritable })
      const mode = isWritable ? 'read_write' : 'read'
      declared.push(`@group(0) @binding(${at}) var<storage, ${mode}> b${at}: array<${type}>;`)
      return `b${at}`
    })
    layouts.set(range, { ...words, range, names, type })
  }
  const accessors = [...ranges].flatMap(([b, range]) => accessorsOf(b, layouts.get(range)!, piece))
  if (control !== 'none')
    declared.push(
      `@group(0) @binding(${bindings.length}) var<storage, ${control === 'read' ? 'read' : 'read_write'}> ` +
        `control: array<u32>;`,
    )
  const bases = drafts.flatMap((d) => d.bases)
  if (bases.length)
    declared.push(`@group(1) @binding(0) var<uniform> bases: array<vec4<u32>, ${Math.ceil(bases.length / 4)}>;`)
  const workgroups = drafts.reduce((sum, d) => sum + d.workgroups, 0)
  const [{ threads }] = drafts
  const parts = isAlone ? drafts.map(textOf) : drafts.map((d, k) => renamed(d, k, bound))
  const declarations = `${parts.map((p) => p.declarations).join('\n')}
${isAlone ? '' : parts.map((p, k) => `fn part${k}(${PARAMETERS}) {\n${p.body}\n}`).join('\n')}`
  const body = isAlone ? `let thread = group * ${threads}u + lane;\n${parts[0].body}` : chosen(drafts)
  // 0, of which a compiler does not know.
  const none = library(`${declarations}\n${body}`).includes('p_none')
    ? `p_none = (group * ${threads}u + lane) >> 31u;`
    : ''
  const main = `${declarations}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) n: vec3<u32>,
  @builtin(local_invocation_index) lane: u32) {
let group = (w.z * n.y + w.y) * n.x + w.x;
if (group >= ${workgroups}u) { return; }
${none}
${body}
}`
  const nameOf = (accessor: string): string => `${/fn (\w+)/.exec(accessor)![1]}(`
  const isUsed = (accessor: string): boolean => main.includes(nameOf(accessor))
  // Vectors of what is no array of vectors are read element by element.
  const used = accessors.filter((a) => isUsed(a) || isUsed(a.replace('fn get', 'fn wide')))
  const text = [declared.join('\n'), library(`${used.join('\n')}\n${main}`), used.join('\n'), main].join('\n')
  const code = /\bf16\b/.test(text) ? `enable f16;\n${text}` : text
  return { label, code, bindings, bases, control, workgroups, drafts }
}

const PARAMETERS = 'group: u32, thread: u32, lane: u32'

interface Text {
  readonly declarations: string
  readonly body: string
}
/** A shader that reports goes on: behind a return that memory it writes to decides there can be no barrier. */
function textOf({ declarations = '', body, guards, reports }: Draft): Text {
  const stops = guards.map((word) => `control[${word}] != 0u`).join(' || ')
  const stop = reports ? `let isStopped = ${stops || 'false'};\n` : stops && `if (${stops}) { return; }\n`
  return { declarations, body: stop + body }
}

/** Calls the kernel that a workgroup belongs to. */
function chosen(drafts: readonly Draft[]): string {
  let first = 0
  const calls = drafts.map(({ threads, workgroups }, k) => {
    const group = first ? `(group - ${first}u)` : 'group'
    first += workgroups
    return `if (group < ${first}u) { part${k}(${group}, ${group} * ${threads}u + lane, lane); }`
  })
  return calls.join(' else ')
}

const keyOf = ({ root, byteOffset }: Binding): string => `${root}:${byteOffset}`

/** The arrays of several kernels, each once; null where one shader cannot bind them all as each of the kernels wants
 * them. */
function union(drafts: readonly Draft[]): readonly Bound[] | null {
  const all = new Map<string, Bound>()
  for (const b of drafts.flatMap((d) => d.bound)) {
    const known = all.get(keyOf(b))
    if (!known) all.set(keyOf(b), { ...b, number: all.size })
    else if (known.type !== b.type || known.isWide !== b.isWide) return null
    else {
      known.byteLength = Math.max(known.byteLength, b.byteLength)
      known.isWritten ||= b.isWritten
    }
  }
  const list = [...all.values()]
  const isApart = list.every((a, i) => list.slice(0, i).every((b) => !overlaps(a, b)))
  return isApart ? list : null
}

export const overlaps = (a: Binding, b: Binding): boolean =>
  a.root === b.root && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength

/** The text of kernel k of several, by the numbers of all their arrays; what it declares has names of its own. */
function renamed(draft: Draft, k: number, all: readonly Bound[]): Text {
  const numbers = draft.bound.map((b) => all.findIndex((other) => keyOf(other) === keyOf(b)))
  const { declarations, body } = textOf(draft)
  const names = [...declarations.matchAll(/(?:var<\w+>|fn|const|let) (\w+)/g)].map(([, name]) => name)
  const own = names.length ? new RegExp(`\\b(?:${names.join('|')})\\b`, 'g') : null
  const rename = (text: string): string => {
    const numbered = text.replace(/\b(get|set|wide)(\d+)\(/g, (_, name, i) => `${name}${numbers[Number(i)]}(`)
    return own ? numbered.replace(own, (name) => `${name}_${k}`) : numbered
  }
  return { declarations: rename(declarations), body: rename(body) }
}
