import type { Place } from '../run/place.ts'
import type { Bound } from './accessors.ts'

/** Words of the control buffer that stop a kernel where they are not 0. */
export type Guards = readonly number[]

export interface ShaderParts {
  readonly body: string
  readonly declarations?: string
  /** Invocations of a workgroup. */
  readonly threads: number
  readonly workgroups: number
  /** Bytes of memory of a workgroup; 0 where absent. */
  readonly memory?: number
  /** The shader writes to the control words: no guard ends it, `isStopped` is whether one would. */
  readonly reports?: boolean
  /** A plugin's part of the declarations: alone in its shader, since what it declares has names of its own. */
  readonly source?: string
}

/** All that a kernel's shader is made of. */
export interface Draft extends ShaderParts {
  readonly label: string
  /** Its arrays, numbered from 0. */
  readonly bound: readonly Bound[]
  readonly bases: readonly NonNullable<Place['base']>[]
  readonly guards: Guards
}
