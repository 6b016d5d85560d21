import type { Evaluates } from '../graph/ambient.ts'
import { defineOp, type Op } from '../graph/op.ts'
import type { Meta } from '../graph/meta.ts'
import type { Node } from '../graph/node.ts'
import { apply } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import type { Backend, DeviceBuffer } from '../plan/backend.ts'
import type { HostArray } from '../host.ts'

/** A value known while the graph is built, held by the host or by a device; data of each run, not part of a plan. */
export interface ValueAttrs extends Meta {
  readonly host?: HostArray
  readonly device?: DeviceBuffer
  /** Where the device value lies. */
  readonly backend?: Backend
  /** Frees the device value, after the calls that were made before. */
  readonly free?: () => void
  readonly owner?: Evaluates
}
export interface PlaceholderAttrs extends Meta {
  readonly name: string
  readonly owner?: Evaluates
}
/** What a variable's tensor needs of its environment. */
export interface VariableHome {
  slot(name: string, initial: TensorLike): Tensor
  claim(namespace: string, owner: string): void
}
export interface VariableAttrs extends Meta {
  readonly name: string
  /** Made by an optimizer or layer, not listed as a parameter. */
  readonly isState: boolean
  readonly environment: VariableHome
  readonly owner?: Evaluates
}

/** Names that begin so are the library's. */
export const RESERVED = 'gradloom/'
/** The placeholder that carries the number of the run, which random ops draw by. */
export const RUN_COUNTER: string = `${RESERVED}run`

const infer = (_: readonly Meta[], { shape, dtype }: Meta): Meta => ({ shape, dtype })

export const valueOp: Op<ValueAttrs> = defineOp<ValueAttrs>({
  name: 'value',
  form: { kind: 'leaf', source: 'value' },
  infer,
})
export const placeholderOp: Op<PlaceholderAttrs> = defineOp<PlaceholderAttrs>({
  name: 'placeholder',
  form: { kind: 'leaf', source: 'feed' },
  infer,
})
export const variableOp: Op<VariableAttrs> = defineOp<VariableAttrs>({
  name: 'variable',
  form: { kind: 'leaf', source: 'variable' },
  infer,
})

/** What fills a leaf; null for what is none. */
export const sourceOf = ({ op: { form } }: Node): 'feed' | 'variable' | 'value' | null =>
  form.kind === 'leaf' ? form.source : null

export const value = (host: HostArray): Tensor => apply(valueOp, [], { shape: host.shape, dtype: host.dtype, host })
/** The number of the run. */
export const runCounter = (): Tensor => apply(placeholderOp, [], { name: RUN_COUNTER, shape: [], dtype: 'uint32' })
