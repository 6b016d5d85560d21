import { add, assign, createRuntime, grad, greater, matmul, mul, sum, tanh, zeros, type Tensor } from '@gradloom/core'
import { cond, createRng, scan } from '@gradloom/ops'
import { expect, test } from 'vitest'
import { cpu } from '../src/index.ts'

test('a scan trains to the same bits on 1, 2 and 4 threads', async () => {
  const trained = await Promise.all(
    [1, 2, 4].map(async (threads) => {
      const runtime = createRuntime({ backends: [cpu({ threads })] })
      const env = runtime.variables()
      const rng = createRng(4)
      env.name('w').set(rng.glorotUniform([96, 96]))
      const step = env.compile((ctx) => {
        const w = ctx.variable('w')
        const [h] = scan(
          (c: Tensor, x) => [tanh(add(matmul(c, w), x)), null],
          zeros([64, 96]),
          ctx.placeholder('x', [-1, 64, 96]),
        )
        const loss = sum(mul(h, h))
        return { loss, train: assign(w, add(w, mul(grad([loss], [w])[0], -1e-4))) }
      })
      const losses: number[] = []
      for (const length of [5, 9, 5])
        losses.push(
          (await step({ x: Float32Array.from({ length: length * 64 * 96 }, (_, i) => Math.sin(i)) })).loss.item(),
        )
      const { data } = await env.name('w').get()
      await runtime.close()
      return [losses, data] as const
    }),
  )
  expect(trained[1]).toEqual(trained[0])
  expect(trained[2]).toEqual(trained[0])
})

test('nested plans follow inputs that move, and memory that grows between runs', async () => {
  const runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
  const env = runtime.variables()
  env.name('w').set([2, 3])
  const step = env.compile((ctx) => {
    const w = ctx.variable('w')
    const x = ctx.placeholder('x', [-1, 2])
    const [h, ys] = scan(
      (c: Tensor, v) => [
        cond(
          greater(sum(v), 0),
          () => add(c, mul(v, w)),
          () => c,
        ),
        c,
      ],
      zeros([2]),
      x,
    )
    return { h, ys }
  })
  const want = (rows: readonly (readonly number[])[], w: readonly number[]): number[] =>
    rows.reduce<number[]>((h, r) => (r[0] + r[1] > 0 ? h.map((v, i) => v + r[i] * w[i]) : h), [0, 0])
  const rows = [
    [1, 2],
    [-3, 1],
    [0.5, 0.25],
  ]
  const many = Array.from({ length: 40_000 }, (_, i) => [i % 3 ? 1 : -1, 0])
  expect((await step({ x: rows })).h.array()).toEqual(want(rows, [2, 3]))
  expect((await step({ x: many })).h.array()).toEqual(want(many, [2, 3]))
  env.name('w').set([-1, 5])
  expect((await step({ x: rows })).h.array()).toEqual(want(rows, [-1, 5]))
  expect(await step({ x: [] as never[][] as never }).catch((error: unknown) => error)).toMatchObject({ code: 'FEED' })
  expect((await step({ x: new Float32Array(0) })).h.array()).toEqual([0, 0])
  await runtime.close()
})

test('an arena that does not fit names the scan that fills it', async () => {
  const runtime = createRuntime({ backends: [cpu({ threads: 1, memoryLimit: 1 << 22 })] })
  const [, ys] = scan((c: Tensor) => [add(c, 1), mul(c, c)], zeros([1000]), null, { length: 10_000 })
  await expect(runtime.evaluate([sum(ys)])).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: expect.stringContaining('40000000 bytes of float32 (scan)') as string,
  })
  await runtime.close()
})
