import { sizeOf, type KernelArgument, type Step } from '@gradloom/core'
import type { KernelLimits } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Epilogue } from '../run/epilogues.ts'
import type { Place } from '../run/place.ts'
import type { Shader } from '../wgsl/shader.ts'
import type { Tuning } from './tuning.ts'

/** What a kernel is written with. */
export interface KernelContext {
  readonly limits: KernelLimits
  readonly tuning: Tuning
  /** The loops that a kernel does on its results, where it is one of those that can. */
  readonly epilogues: readonly Epilogue[]
  /** The pooling's gradient that a loop computes where it reads it. */
  readonly prologue: KernelStep | null
  /** The pooling that a convolution does on what it wrote. */
  readonly pooling: KernelStep | null
  /** Of the step, with its loop. */
  readonly label: string
  /** Where a buffer of the plan lies. */
  place(buffer: number): Place
  /** Memory for the time of the step, as the number of a buffer. */
  scratch(byteLength: number): number
  /** A new shader, which does nothing where a guard of the step stops it. `label`: the step's by default. */
  shader(label?: string): Shader
  /** The number under which a step's failure is reported. */
  fault(describe: FaultOf): number
}

/** The error of a value and its position that a kernel refused. */
export type FaultOf = (value: number, position: number) => Error

/** An op by name, as shaders that run one after another. */
export type NamedKernel<A = unknown> = (call: Call<A>, context: KernelContext) => Dispatch[]

export interface Call<A = unknown> {
  readonly label: string
  readonly attrs: A
  readonly inputs: readonly KernelArgument[]
  readonly outputs: readonly KernelArgument[]
}

/** A kernel that copies an array. */
export function copied(from: KernelArgument, to: KernelArgument, context: KernelContext): Dispatch[] {
  const shader = context.shader()
  return shader.forEach([sizeOf(to.shape)], ['i'], shader.of(to).set('i', shader.of(from).get('i')))
}

export type KernelStep = Extract<Step, { type: 'kernel' }>
