import { reference } from '@gradloom/conformance'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { topological } from '../src/extend.ts'
import {
  assign,
  createRuntime,
  exp,
  grad,
  GradError,
  matmul,
  mul,
  NameError,
  setRuntime,
  sum,
  tensor,
  type HostArray,
  type Tensor,
} from '../src/index.ts'

const rt = createRuntime({ backends: [reference()] })
afterAll(() => rt.close())

/** What hooks were told, as text. */
const log = (): { readonly seen: unknown[]; readonly note: (value: HostArray) => void } => {
  const seen: unknown[] = []
  return { seen, note: (value) => void seen.push(value.array()) }
}

/** A step of w with h = w x between, and all of its tensors. */
function program(runtime = rt): {
  run: (x: number) => Promise<{ loss: HostArray }>
  plans: () => number
  h: Tensor
  x: Tensor
  w: Tensor
} {
  const env = runtime.variables()
  env.name('w').set([1, 2])
  const before = runtime.plansCompiled
  let found!: { h: Tensor; x: Tensor; w: Tensor }
  const step = env.compile((ctx) => {
    const x = ctx.placeholder('x', [])
    const w = ctx.variable('w')
    const h = mul(w, x)
    const loss = sum(mul(h, h))
    const [g] = grad([loss], [w])
    found = { h, x, w }
    return { loss, train: assign(w, w.sub(g.mul(0.25))) }
  })
  return { run: (x) => step({ x }), plans: () => runtime.plansCompiled - before, ...found }
}

test('a hook is told the value of each run that computed it, until it is taken away', async () => {
  const { run, h, plans } = program()
  const { seen, note } = log()
  const remove = h.hook(note)
  expect((await run(2)).loss.item()).toBe(20)
  await run(1)
  expect(seen).toEqual([
    [2, 4],
    [-1, -2],
  ])
  expect(plans()).toBe(1)
  remove()
  remove()
  await run(1)
  expect(seen).toHaveLength(2)
  expect(plans()).toBe(2)
})

test('a hook comes and goes between runs, and plans of both kinds are kept', async () => {
  const own = createRuntime({ backends: [reference()] })
  const { run, h, plans } = program(own)
  const { seen, note } = log()
  const plain = (await run(0)).loss.item()
  expect(plain).toBe(0)
  for (let i = 0; i < 3; i++) {
    const remove = h.hook(note)
    await run(1)
    remove()
    await run(0)
  }
  expect(seen).toHaveLength(3)
  expect(plans()).toBe(2)
  await own.close()
})

test('hooks are told what values are by themselves, whatever the program', async () => {
  const ops: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
    (a, b) => a.add(b),
    (a, b) => a.mul(b),
    (a) => exp(a.mul(0.1)),
    (a) => a.sub(sum(a, { axis: 0, keepDims: true })),
    (a, b) => matmul(a, b.transpose()),
    (a) => a.reshape([9]).reshape([3, 3]),
  ]
  const step = fc.record({ op: fc.nat(ops.length - 1), a: fc.nat(99), b: fc.nat(99) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (list) => {
      await rt.run(async (ctx) => {
        const x = ctx.placeholder('x', [3, 3])
        const values = [x]
        for (const { op, a, b } of list) values.push(ops[op](values[a % values.length], values[b % values.length]))
        const loss = sum(values.at(-1)!)
        const [g] = grad([loss], [x], { allowUnused: true })
        const fed = [
          [0.1, -0.2, 0.3],
          [1, 2, -1],
          [0.5, 0, 0.25],
        ]
        const behind = values.filter((t) => !allUnused(loss, t))
        const slopes = grad([loss], behind)
        const evaluate = (...tensors: Tensor[]): Promise<HostArray[]> =>
          ctx
            .evaluator()
            .push(...tensors)
            .feed(x, fed)
            .run()
        const wanted = await evaluate(...behind, ...slopes)
        const told = new Map<Tensor, unknown[]>(behind.map((t) => [t, []]))
        for (const t of behind)
          for (const gradient of [false, true])
            t.hook((value, of) => told.get(of.tensor)!.push(of.gradient, value.array()), { gradient })
        const [got] = await evaluate(g)
        expect(got.array()).toEqual(wanted[behind.length]?.array())
        behind.forEach((t, i) => {
          const [, value, , slope] = told.get(t)!
          expect([value, slope]).toEqual([wanted[i].array(), wanted[behind.length + i].array()])
        })
      })
    }),
    { numRuns: 40 },
  )
})

/** Whether `y` does not depend on `x`. */
const allUnused = (y: Tensor, x: Tensor): boolean => !topological([y]).includes(x.node)

test('a hook on the gradient is told that of a value within, of a variable and of a placeholder', async () => {
  const { run, h, w, x } = program()
  const told = [h, w, x].map((t) => {
    const { seen, note } = log()
    t.hook(note, { gradient: true })
    return seen
  })
  await run(3)
  expect(told).toEqual([[[6, 12]], [[18, 36]], [30]])
})

test('values come in the order in which they are computed, gradients in theirs after them', async () => {
  const { run, h, w } = program()
  const seen: string[] = []
  for (const [name, t] of Object.entries({ h, w })) {
    t.hook(() => seen.push(name))
    t.hook(() => seen.push(`d${name}`), { gradient: true })
  }
  await run(1)
  expect(seen).toEqual(['w', 'h', 'dh', 'dw'])
})

test('steps change no bit of a result, and a variable is seen as it was before the update', async () => {
  const plain = program()
  const hooked = program()
  const { seen, note } = log()
  hooked.w.hook(note)
  hooked.h.hook(() => undefined, { gradient: true })
  for (const x of [0.3, 0.7]) expect((await hooked.run(x)).loss.data).toEqual((await plain.run(x)).loss.data)
  expect(seen[0]).toEqual([1, 2])
})

test('eager values, backward and synchronous reads are seen too, and what was computed before is not again', async () => {
  setRuntime(rt)
  const a = tensor([1, 2], { requiresGrad: true })
  const { seen, note } = log()
  const b = mul(a, a)
  const y = sum(b)
  const removals = [b.hook(note), b.hook(note, { gradient: true })]
  expect(y.dataSync()[0]).toBe(5)
  expect(seen).toEqual([[1, 4]])
  await y.backward()
  // It is computed once more on the way to the gradient.
  expect(seen.slice(1)).toEqual([
    [1, 4],
    [1, 1],
  ])
  await y.eval()
  expect(seen).toHaveLength(3)
  for (const remove of removals) remove()
  await sum(mul(b, 2)).eval()
  expect(seen).toHaveLength(3)
  setRuntime(null)
})

test('with keep, results stay on the device and hooks have the value', async () => {
  await rt.run(async (ctx) => {
    const x = ctx.placeholder('x', [2])
    const h = exp(x)
    const { seen, note } = log()
    h.hook(note)
    const [kept] = await ctx.evaluator().push(h.mul(2)).feed(x, [0, 0]).run({ keep: true })
    expect(seen).toEqual([[1, 1]])
    expect(await kept.array()).toEqual([2, 2])
    kept.dispose()
  })
})

test('the gradient of a gradient is told apart from the gradient', async () => {
  await rt.run(async (ctx) => {
    const x = ctx.placeholder('x', [])
    const cube = x.mul(x).mul(x)
    const [first] = grad([cube], [x])
    const [second] = grad([first], [x])
    const { seen, note } = log()
    x.hook(note, { gradient: true })
    await ctx.evaluator().push(second).feed(x, 2).run()
    expect(seen).toEqual([12, 12])
  })
})

test('what a hook throws rejects the call, and the next goes on', async () => {
  const { run, h } = program()
  const remove = h.hook(() => {
    throw new RangeError('no')
  })
  await expect(run(1)).rejects.toThrow(RangeError)
  remove()
  expect((await run(1)).loss.item()).toBeGreaterThan(0)
})

test('what a hook throws leaves no result on the device', async () => {
  const y = exp(tensor([1, 2]))
  const remove = y.hook(() => {
    throw new RangeError('no')
  })
  const { buffers } = rt.memory()[0]
  const run = rt.run((ctx) => ctx.evaluator().push(mul(y, 2)).run({ keep: true }))
  await expect(run).rejects.toThrow(RangeError)
  remove()
  expect(rt.memory()[0].buffers).toBe(buffers)
})

test('settings are checked, and a gradient needs a float', () => {
  const t = tensor([1], { dtype: 'int32' })
  expect(() => t.hook(() => undefined, { gradient: true })).toThrow(GradError)
  expect(() => t.hook(() => undefined, { grad: true } as never)).toThrow(NameError)
})
