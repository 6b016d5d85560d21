import { allocate, sizeOf, type Backend, type DType, type TypedArray } from '@gradloom/core'
import { planOf } from './interpret.ts'

export interface Argument {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data?: TypedArray
}

/** Runs one named kernel on outputs that hold garbage before, twice; gives what the second run leaves. */
export function runKernel(
  backend: Backend,
  name: string,
  attrs: unknown,
  inputs: readonly Required<Argument>[],
  outputs: readonly Argument[],
): TypedArray[] {
  const garbage = ({ shape, dtype }: Argument): TypedArray =>
    allocate(dtype, sizeOf(shape)).fill(dtype.startsWith('float') ? NaN : -7)
  const all = [...inputs, ...outputs]
  const argument = (i: number) => ({ buffer: i, shape: all[i].shape, dtype: all[i].dtype })
  const step = {
    type: 'kernel',
    label: name,
    scope: '',
    name,
    attrs,
    inputs: inputs.map((_, i) => argument(i)),
    outputs: outputs.map((_, i) => argument(inputs.length + i)),
  } as const
  const plan = planOf(
    [step],
    all.map(({ shape, dtype }, i) => ({ dtype, size: sizeOf(shape), written: i >= inputs.length })),
  )
  const e = backend.prepareSync!(plan, new Map())
  try {
    const bind = (): TypedArray[] => [...inputs.map((x) => x.data), ...outputs.map(garbage)]
    e.runSync!(
      bind(),
      outputs.map(() => false),
    )
    return e.runSync!(
      bind(),
      outputs.map(() => false),
    ) as TypedArray[]
  } finally {
    e.dispose()
  }
}
