import { KernelError, type DType } from '@gradloom/core'
import { ALIGNMENT, type KernelLimits } from '../device/limits.ts'
import type { Binding, Dispatch } from '../run/dispatch.ts'
import type { Place } from '../run/place.ts'
import type { Library } from './library.ts'
import { accessorsOf, as, layoutOf, type Bound, type Layout } from './accessors.ts'
import { literal, storedAs } from './numbers.ts'
import { piecesOf, rangesOf, type Range } from './ranges.ts'

/** Elements of a buffer, as expressions. */
export interface ArrayAccess {
  get(index: string): string
  /** Four neighbours as a vector; the first at a multiple of 4. */
  wide(index: string): string
  /** A statement. */
  set(index: string, value: string): string
}

/** A shader that is being written. */
export interface Shader {
  /** `isWide`: the array is float32, read alone, and mostly four neighbours at a time. */
  array(place: Place, dtype: DType, isWide?: boolean): ArrayAccess
  /** @param body statements; `thread` counts invocations, `group` workgroups and `lane` invocations within one */
  finish(parts: ShaderParts): Dispatch
}

export interface ShaderParts {
  readonly label: string
  readonly body: string
  readonly declarations?: string
  /** Invocations of a workgroup. */
  readonly threads: number
  readonly workgroups: number
  /** The shader writes to the control words. */
  readonly reports?: boolean
}

/** Words of the control buffer that stop a kernel where they are not 0. */
export type Guards = readonly number[]

/** What code is given for an array without elements, which it never reads or writes. */
const nothing = (dtype: DType): ArrayAccess => ({
  get: () => literal(0, dtype),
  wide: () => 'vec4<f32>()',
  set: () => '',
})

export function createShader(limits: KernelLimits, library: Library, guards: Guards): Shader {
  const bound = new Map<string, Bound>()
  const bases: NonNullable<Place['base']>[] = []
  const most = limits.maxStorageBufferBindingSize

  const bind = (place: Place, dtype: DType, isWide: boolean): Bound => {
    const key = `${place.root}:${place.byteOffset}`
    const known = bound.get(key)
    if (known) {
      known.byteLength = Math.max(known.byteLength, place.byteLength)
      known.isWide &&= isWide
      return known
    }
    const { root, byteOffset, byteLength, isWritable } = place
    const range = { root, byteOffset, byteLength, isWritable }
    const next: Bound = { ...range, type: storedAs(dtype), number: bound.size, isWide, isWritten: false }
    bound.set(key, next)
    return next
  }
  const baseOf = ({ base }: Place): string => {
    if (!base) return ''
    const at = bases.push(base) - 1
    return ` + i32(bases[${at >> 2}][${at & 3}])`
  }
  const piece = most - (most % ALIGNMENT)

  return {
    array(place, dtype, isWide = false) {
      if (place.isEmpty) return nothing(dtype)
      const b = bind(place, dtype, isWide)
      const base = baseOf(place)
      const type = storedAs(dtype)
      return {
        get: (index) => {
          const word = as(type, b.type, `get${b.number}(${index}${base})`)
          return dtype === 'bool' ? `(${word} != 0u)` : word
        },
        wide: (index) => `wide${b.number}(${index}${base})`,
        set: (index, value) => {
          b.isWritten = true
          const word = dtype === 'bool' ? `select(0u, 1u, ${value})` : value
          return `set${b.number}(${index}${base}, ${as(b.type, type, word)});`
        },
      }
    },
    finish({ label, body, declarations = '', threads, workgroups, reports = false }) {
      const control = reports ? 'write' : guards.length ? 'read' : 'none'
      const room = limits.maxStorageBuffersPerShaderStage - (control === 'none' ? 0 : 1)
      const ranges = rangesOf([...bound.values()], room, piece)
      const pieces = piecesOf(new Set(ranges.values()), piece)
      if (pieces > room)
        throw new KernelError(
          `${label}: ${pieces} storage buffers required, the device binds ${room} at a time, of at most ${most} ` +
            `bytes; take smaller arrays, or add a backend such as cpu()`,
        )
      const bindings: Binding[] = []
      const declared: string[] = []
      const layouts = new Map<Range, Layout>()
      for (const range of new Set(ranges.values())) {
        const { root, byteOffset, byteLength, isWritable } = range
        const members = [...bound.values()].filter((b) => ranges.get(b) === range)
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
      if (bases.length)
        declared.push(`@group(1) @binding(0) var<uniform> bases: array<vec4<u32>, ${Math.ceil(bases.length / 4)}>;`)
      const stops = guards.map((word) => `if (control[${word}] != 0u) { return; }`)
      const main = `${declarations}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) n: vec3<u32>,
  @builtin(local_invocation_index) lane: u32) {
${stops.join('\n')}
let group = (w.z * n.y + w.y) * n.x + w.x;
if (group >= ${workgroups}u) { return; }
let thread = group * ${threads}u + lane;
${body}
}`
      const nameOf = (accessor: string): string => `${/fn (\w+)/.exec(accessor)![1]}(`
      const isUsed = (accessor: string): boolean => main.includes(nameOf(accessor))
      // Vectors of what is no array of vectors are read element by element.
      const used = accessors.filter((a) => isUsed(a) || isUsed(a.replace('fn get', 'fn wide')))
      const text = [declared.join('\n'), library(`${used.join('\n')}\n${main}`), used.join('\n'), main].join('\n')
      const code = /\bf16\b/.test(text) ? `enable f16;\n${text}` : text
      return { label, code, bindings, bases, control, workgroups }
    },
  }
}
