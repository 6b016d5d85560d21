import { afterAll, expect, it } from 'vitest'
import {
  add,
  assign,
  concat,
  createRuntime,
  flip,
  grad,
  greater,
  hostArray,
  matmul,
  mean,
  mul,
  pad,
  slice,
  sub,
  sum,
  tanh,
  type CompiledStep,
  type Runtime,
  type Tensor,
  type VariableEnvironment,
} from '@gradloom/core'
import { cond, scan, variance } from '@gradloom/ops'
import { adam, lamb, sgd } from '@gradloom/optim'
import { cpu } from '../src/index.ts'

const noise = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(seed * 100 + i * 12.9898))
type Step = CompiledStep<Record<string, Tensor>>
const lossOf = (x: Tensor, w: Tensor): Tensor => mean(mul(tanh(matmul(x, w)), tanh(matmul(x, w))))

/** Updates of every form that a plan gives them: in place, with phases, of several at once, from one another, and by a
 * copy at the end. */
const programs: Readonly<Record<string, (env: VariableEnvironment) => Step>> = {
  adam: (env) =>
    env.compile((ctx) => ({
      train: adam({ learningRate: 0.1 }).minimize(lossOf(ctx.placeholder('x', [4, 6]), ctx.variable('w')), [
        ctx.variable('w'),
      ]),
    })) as never,
  lamb: (env) =>
    env.compile((ctx) => ({
      train: lamb({ learningRate: 0.1 }).minimize(lossOf(ctx.placeholder('x', [4, 6]), ctx.variable('w')), [
        ctx.variable('w'),
      ]),
    })) as never,
  'momentum, with the new value as a result': (env) =>
    env.compile((ctx) => {
      const x = ctx.placeholder('x', [4, 6])
      const w = ctx.variable('w')
      const loss = lossOf(x, w)
      const next = sub(w, grad([loss], [w])[0].mul(0.5))
      return {
        loss,
        next,
        after: sum(mul(next, next)),
        old: w,
        train: assign(w, next),
        momentum: sgd({ learningRate: 0.1, momentum: 0.9 }).minimize(sum(mul(ctx.variable('v'), ctx.variable('v'))), [
          ctx.variable('v'),
        ]),
      }
    }) as never,
  'a swap of two': (env) =>
    env.compile((ctx) => {
      ctx.placeholder('x', [4, 6])
      return {
        v: assign(ctx.variable('v'), ctx.variable('u')),
        u: assign(ctx.variable('u'), add(ctx.variable('v'), ctx.variable('u'))),
      }
    }) as never,
  'rows that change places': (env) =>
    env.compile((ctx) => {
      const x = ctx.placeholder('x', [4, 6])
      const w = ctx.variable('w')
      return {
        w: assign(w, concat([slice(w, [[2, 6]]), add(slice(w, [[0, 2]]), sum(x))])),
        v: assign(ctx.variable('v'), pad(slice(ctx.variable('v'), [[1, 30]]), [[0, 1]])),
        u: assign(ctx.variable('u'), flip(ctx.variable('u'))),
      }
    }) as never,
  'scans that end in a variable, and branches': (env) =>
    env.compile((ctx) => {
      const x = ctx.placeholder('x', [4, 6])
      const u = ctx.variable('u')
      const [last, all] = scan((c: Tensor, v) => [tanh(add(c, sum(v))), sum(c)], u, x)
      const [next] = cond(
        greater(sum(x), 0),
        () => [mul(ctx.variable('v'), 2)],
        () => [sub(ctx.variable('v'), u)],
      )
      return { all, u: assign(u, last), v: assign(ctx.variable('v'), next) }
    }) as never,
  'a normalisation of itself': (env) =>
    env.compile((ctx) => {
      const w = ctx.variable('w')
      const x = ctx.placeholder('x', [4, 6])
      return { spread: variance(w), w: assign(w, mul(sub(w, mean(w, { axis: 1, keepDims: true })), sum(x))) }
    }) as never,
}

const start = (placement: 'inline' | 'worker', threads: number): Runtime =>
  createRuntime({ backends: [cpu({ placement, threads })] })
const inline = start('inline', 1)
const workers = [1, 2].map((threads) => start('worker', threads))
afterAll(() => Promise.all([inline, ...workers].map((rt) => rt.close())))

/** Results and variables after each of five runs. */
async function history(rt: Runtime, program: (env: VariableEnvironment) => Step): Promise<unknown[]> {
  const env = rt.variables()
  const seen: unknown[] = []
  env.name('w').set(hostArray(noise(30, 1), [6, 5]))
  env.name('u').set(noise(30, 2))
  env.name('v').set(noise(30, 3))
  const step = program(env)
  for (let i = 0; i < 5; i++) {
    const results = await step({ x: noise(24, 4 + i) })
    seen.push(
      Object.entries(results).map(([name, h]) => [name, h.data]),
      [...(await env.save())].map(([name, h]) => [name, h.data]),
    )
  }
  return seen
}

it.each(Object.entries(programs))('gives the bits that the inline backend gives: %s', async (_, program) => {
  const want = await history(inline, program)
  for (const rt of workers) expect(await history(rt, program)).toEqual(want)
})
