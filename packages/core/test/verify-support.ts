import { reference } from '@gradloom/conformance'
import { cond, cumsum, scan } from '@gradloom/ops'
import { afterAll } from 'vitest'
import {
  assign,
  concat,
  createRuntime,
  exp,
  grad,
  greater,
  matmul,
  mean,
  mul,
  sub,
  sum,
  tanh,
  transpose,
  updates,
  type Plan,
  type Results,
  type Step,
  type Context,
  type Tensor,
} from '../src/index.ts'

export const plain = reference()
export const rt = createRuntime({ backends: [{ ...plain, capabilities: { ...plain.capabilities, fuse: true } }] })
afterAll(() => rt.close())

export type Draft<T> = T extends string | number | boolean | null ? T : { -readonly [K in keyof T]: Draft<T[K]> }
export type StepOf<T extends Step['type']> = Extract<Draft<Step>, { type: T }>

export const planOf = (body: (ctx: Context) => Results): Promise<Plan> => {
  const env = rt.variables()
  env.name('w').set(
    new Float32Array(64 * 64).map((_, i) => Math.sin(i)),
    { dtype: 'float32' },
  )
  env.name('v').set([1, 2, 3, 4])
  return env.compile(body).plan()
}
export const softmax = (t: Tensor): Tensor => {
  const e = exp(t)
  return e.div(sum(e, { axis: 1, keepDims: true }))
}
export const fed = (ctx: Context, ...shape: number[]): Tensor => ctx.placeholder('x', shape)

/** Two layers, their gradients, and updates in place. */
export const training = await planOf((ctx) => {
  const [w] = ctx.variables()
  const m = w.reshape([64, 64])
  const h = tanh(matmul(fed(ctx, 5, 64), m))
  const loss = mean(softmax(matmul(h, transpose(m))).mul(h))
  return { loss, h, train: updates(assign(w, sub(w, mul(grad([loss], [w])[0], 0.1)))) }
})
/** A chain whose values take one another's memory. */
export const chain = await planOf((ctx) => {
  const x = fed(ctx, 8, 8)
  return { y: matmul(tanh(matmul(tanh(matmul(x, x)), x)), x) }
})
/** Rows that are read in two passes, and written. */
export const rows = await planOf((ctx) => ({
  y: matmul(softmax(matmul(fed(ctx, 6, 6), fed(ctx, 6, 6))), fed(ctx, 6, 6)),
}))
export const assembled = await planOf((ctx) => ({ y: concat([fed(ctx, 3, 4), exp(fed(ctx, 3, 4))], 1) }))
export const kernels = await planOf((ctx) => ({ y: tanh(cumsum(exp(fed(ctx, 3, 4)), { axis: 1 })) }))
export const scanned = await planOf((ctx) => {
  const [last, ys] = scan(
    (c: Tensor, x) => [tanh(matmul(c, x)), matmul(x, c)],
    exp(fed(ctx, 4, 4)),
    exp(ctx.placeholder('xs', [5, 4, 4])),
  )
  return { last, ys }
})
export const chosen = await planOf((ctx) => {
  const x = fed(ctx, 4, 4)
  const [y] = cond(
    greater(sum(x), 0),
    () => [tanh(matmul(x, x))],
    () => [x.mul(3)],
  )
  return { y: y.add(1) }
})

/** A plan with a fault. */
export function broken(plan: Plan, plant: (draft: Draft<Plan>) => void): Plan {
  const draft = structuredClone(plan) as Draft<Plan>
  plant(draft)
  return draft as Plan
}
export const stepOf = <T extends Step['type']>({ steps }: Draft<Plan>, type: T, label = ''): StepOf<T> => {
  const found = steps.find((s) => s.type === type && s.label.includes(label))
  if (!found) throw new Error(`no ${type} ${label} among ${steps.map((s) => `${s.type} ${s.label}`).join(', ')}`)
  return found as StepOf<T>
}
export const arenaBuffer = ({ buffers }: Draft<Plan>, b: number): { byteOffset: number; size: number } => {
  const buffer = buffers[b]
  if (buffer.kind !== 'arena') throw new Error(`buffer ${b} is an input`)
  return buffer
}
