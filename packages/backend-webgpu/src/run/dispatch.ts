import type { Draft } from '../wgsl/draft.ts'
import type { Place, Root } from './place.ts'

/** A range of a root that a shader is given. */
export interface Binding {
  readonly root: Root
  readonly byteOffset: number
  readonly byteLength: number
  readonly isWritable: boolean
}

/** One kernel on the GPU, ready to be recorded. */
export interface Dispatch {
  readonly label: string
  /** The whole shader. Equal code is compiled once. */
  readonly code: string
  readonly bindings: readonly Binding[]
  /** Numbers of a uniform that differ from one position of a loop to the next; null where nothing moves. */
  readonly bases: readonly NonNullable<Place['base']>[]
  /** Whether the run's control words are bound, and how. */
  readonly control: 'none' | 'read' | 'write'
  /** How many workgroups; they are folded into three dimensions. */
  readonly workgroups: number
  /** The kernels that its shader is made of. */
  readonly drafts: readonly Draft[]
}
