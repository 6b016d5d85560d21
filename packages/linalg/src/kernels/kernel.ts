import { sizeOf, type DType, type Places, type TypedArray } from '@gradloom/core'
import { LinalgError, ofMatrix } from '../errors.ts'
import { plainBlas, type Blas } from './blas.ts'
import { createRoom, roomOf, type Room } from './matrix.ts'

/** A contiguous array that a kernel reads or fills. */
export interface KernelArray {
  readonly data: TypedArray
  readonly shape: readonly number[]
  readonly dtype: DType
}

export interface KernelCall<A> {
  readonly inputs: Places<KernelArray>
  readonly outputs: Places<KernelArray>
  readonly attrs: A
}

type Meta = Omit<KernelArray, 'data'>

/** A call whose values are not there yet. */
export interface ShapedCall<A> {
  readonly inputs: Places<Meta>
  readonly outputs: Places<Meta>
  readonly attrs: A
}

/** Fills the outputs, at once. */
export type PlainKernel<A = never> = (call: KernelCall<A>) => void

/** Scratch memory and BLAS: the same object in run after run, until its memory is elsewhere. */
export interface Workspace {
  readonly scratch: Float64Array
  readonly blas: Blas
}

/** A kernel that takes them. Both kinds are kernels as backend-cpu takes them. */
export interface WorkspaceKernel<A = never> {
  prepare(call: ShapedCall<A>): {
    readonly scratch: number
    readonly largest: number
    run(arrays: Pick<KernelCall<A>, 'inputs' | 'outputs'>, workspace: Workspace): void
  }
}

export type Kernel<A = never> = PlainKernel<A> | WorkspaceKernel<A>

/** Where an op stands in a stack of matrices. */
export interface Place {
  readonly index: number
  readonly count: number
}

/** What errors call an op that is part of others. */
export interface Named {
  readonly name: string
}

/** Whether a kernel reads an element of a matrix. */
type Reads = (element: number) => boolean

const copyIn = (name: string, { data }: KernelArray, to: Float64Array, place: Place, isRead?: Reads): void => {
  const from = place.index * to.length
  for (let i = 0; i < to.length; i++) {
    const v = Number(data[from + i])
    if (v - v !== 0 && (!isRead || isRead(i)))
      throw new LinalgError(
        'NOT_FINITE',
        `${name}: finite numbers required, got ${v} at element ${i}${ofMatrix(place)}; ` +
          `find where it comes from with debugNaN`,
      )
    to[i] = v
  }
}

const copyOut = (name: string, from: Float64Array, { data }: KernelArray, place: Place): void => {
  const to = place.index * from.length
  for (let i = 0; i < from.length; i++) {
    const v = from[i]
    if (Number.isNaN(v))
      throw new LinalgError(
        'NOT_FINITE',
        `${name}: numbers in a range that it can compute in required, got NaN for ` +
          `element ${i}${ofMatrix(place)} of the result; scale the input`,
      )
    data[to + i] = v
  }
}

type Work = (inputs: Places<Float64Array>, outputs: Places<Float64Array>, place: Place) => void

/** Copies of the arrays of one matrix, and what is done with them. */
interface Each {
  readonly from: readonly Float64Array[]
  readonly to: readonly Float64Array[]
  readonly work: Work
  /** Of the first input. */
  readonly isRead?: Reads | undefined
}

function forEach(
  name: string,
  count: number,
  inputs: readonly KernelArray[],
  outputs: readonly KernelArray[],
  { from, to, work, isRead }: Each,
): void {
  for (let index = 0; index < count; index++) {
    const place = { index, count }
    for (let i = 0; i < from.length; i++) copyIn(name, inputs[i], from[i], place, i === 0 ? isRead : undefined)
    work(from as never, to as never, place)
    for (let i = 0; i < to.length; i++) copyOut(name, to[i], outputs[i], place)
  }
}

/** Calls `work` for each matrix of a stack: with inputs as float64 numbers, which it may change, and outputs that are
 * copied back, rounded to their dtype. @throws LinalgError for what is not finite, and for results
 * that are no numbers */
export function eachMatrix(
  name: string,
  count: number,
  inputs: readonly KernelArray[],
  outputs: readonly KernelArray[],
  work: Work,
): void {
  if (count === 0) return
  const numbers = ({ shape }: KernelArray): Float64Array => new Float64Array(sizeOf(shape) / count)
  forEach(name, count, inputs, outputs, { from: inputs.map(numbers), to: outputs.map(numbers), work })
}

/** How many matrices the last two axes of a shape leave. */
export const stackSize = (shape: readonly number[]): number => sizeOf(shape.slice(0, -2))

/** What an algorithm works with: what it takes of the room it keeps for all matrices of a call. */
export interface Tools {
  readonly blas: Blas
  readonly room: Room
}

/** A kernel for the matrices of a stack. `used`: the inputs that it reads, the first of which says how large the stack
 * is. `room`: numbers that the work takes from its tools. `work`: for a call, what to do for each matrix. `reads`: for
 * a call, which elements of the first input must be finite; all by default. Errors call it as its attrs do, or `name`.
 */
export function stackKernel<A = never>(
  name: string,
  room: (call: ShapedCall<A>) => number,
  work: (call: ShapedCall<A>, tools: Tools, name: string) => Work,
  used: <T>(inputs: readonly T[]) => readonly T[] = (inputs) => inputs,
  reads?: (call: ShapedCall<A>) => Reads,
): WorkspaceKernel<A> {
  return {
    prepare: (call) => {
      const inputs = used(call.inputs)
      const metas = [...inputs, ...call.outputs]
      const count = stackSize(inputs[0].shape)
      const owner = (call.attrs as Partial<Named> | undefined)?.name ?? name
      if (count === 0) return { scratch: 0, largest: 0, run: () => {} }
      const numbers = ({ shape }: Meta): number => sizeOf(shape) / count
      let known: Workspace | null = null
      let each: Each
      const settle = (workspace: Workspace): void => {
        const own = createRoom(workspace.scratch)
        const take = (meta: Meta): Float64Array => own.take(numbers(meta))
        const tools = { blas: workspace.blas, room: own }
        each = {
          from: inputs.map(take),
          to: call.outputs.map(take),
          work: work(call, tools, owner),
          isRead: reads?.(call),
        }
        known = workspace
      }
      return {
        scratch: metas.reduce((sum, meta) => sum + roomOf(numbers(meta)), room(call)),
        largest: 2 * Math.max(...metas.flatMap(({ shape }) => shape.slice(-2))),
        run: (arrays, workspace) => {
          if (workspace !== known) settle(workspace)
          forEach(owner, count, used(arrays.inputs), arrays.outputs, each)
        },
      }
    },
  }
}

/** Backend-cpu takes kernels as they are; the reference backend has the parts of a call in a row, and plain loops. */
export const onReference =
  (kernel: Kernel) =>
  (attrs: never, inputs: Places<KernelArray>, outputs: Places<KernelArray>): void => {
    const call = { attrs, inputs, outputs }
    if (typeof kernel === 'function') return kernel(call)
    const { scratch, run } = kernel.prepare(call)
    run(call, { scratch: new Float64Array(scratch), blas: plainBlas })
  }
