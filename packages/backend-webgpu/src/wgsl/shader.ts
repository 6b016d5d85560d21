import { sizeOf, type DType } from '@gradloom/core'
import { threadsOf, type KernelLimits } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Place } from '../run/place.ts'
import type { Library } from './library.ts'
import { as, type Bound } from './accessors.ts'
import { assembled } from './assemble.ts'
import type { Guards, ShaderParts } from './draft.ts'
import { literal, storedAs } from './numbers.ts'
import { unravel } from './text.ts'

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
  /** The array of a buffer of the plan. */
  of(argument: BufferOf): ArrayAccess
  /** @param parts in its body `thread` counts invocations, `group` workgroups and `lane` invocations within one */
  finish(parts: ShaderParts): Dispatch
  /** Does `body` for each index of `sizes`, whose parts are `names`, independently. Nothing where there is none. */
  forEach(sizes: readonly number[], names: readonly string[], body: string): Dispatch[]
}

/** A buffer of the plan, by its number. */
export interface BufferOf {
  readonly buffer: number
  readonly dtype: DType
}

/** Invocations of a workgroup where each has an index of its own. */
const THREADS = 64

/** What code is given for an array without elements, which it never reads or writes. */
const nothing = (dtype: DType): ArrayAccess => ({
  get: () => literal(0, dtype),
  wide: () => 'vec4<f32>()',
  set: () => '',
})

export function createShader(
  label: string,
  limits: KernelLimits,
  library: Library,
  guards: Guards,
  placeOf: (buffer: number) => Place,
): Shader {
  const bound = new Map<string, Bound>()
  const bases: NonNullable<Place['base']>[] = []

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

  const array: Shader['array'] = (place, dtype, isWide = false) => {
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
  }
  const finish: Shader['finish'] = (parts) =>
    assembled([{ label, ...parts, bound: [...bound.values()], bases, guards }], limits, library)!
  return {
    array,
    of: ({ buffer, dtype }) => array(placeOf(buffer), dtype),
    finish,
    forEach(sizes, names, body) {
      const count = sizeOf(sizes)
      if (count === 0) return []
      const threads = threadsOf(limits, THREADS)
      const text = `if (thread >= ${count}u) { return; }\n${unravel('thread', sizes, (d) => names[d])}\n${body}`
      return [finish({ body: text, threads, workgroups: Math.ceil(count / threads) })]
    },
  }
}
