import { defineOp, type Meta, type Op, type Places, type Tensor } from '@gradloom/core'

/** An op that is others as soon as shapes are known. Its gradient is theirs. */
/* @__NO_SIDE_EFFECTS__ */
export const composite = <A = undefined>(
  name: string,
  infer: (inputs: Places<Meta>, attrs: A) => Meta | readonly Meta[],
  decompose: (inputs: Places<Tensor>, attrs: A) => Tensor | readonly Tensor[],
): Op<A> => defineOp<A>({ name, infer, decompose, expandsAt: 'specialise' })
